/// \file
/// Splits a command line into options and filter words by the table of options, and adds the
/// options of a configuration file. Tested in tests/unit/app/options_test.cc and
/// tests/unit/cli/option_parser_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/option_row.h"

namespace synfin {

/// Reads the file of --config, or searches for one if the path is empty.
using ConfigLoader = std::function<Result<ConfigFile>(const std::string& path)>;

/// The values of one option, as they were written.
struct OptionSetting {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;
  bool from_file = false;
};

struct ParsedWords {
  std::vector<std::string> filter;  ///< its words
  std::vector<OptionSetting> settings;
  ConfigFile config;
};

/// Stores each option's value through its row of `table`. Options of the command line win over
/// those of the file that `load` reads; without `load` no file is read. The file may have the key
/// "filter" beside the options. Fails with kind Usage and one sentence. After --help or --version
/// other values are not stored. `table` must outlive the result.
Result<ParsedWords> parse_words(const std::vector<OptionRow>& table, int argc,
                                const char* const* argv, const ConfigLoader& load = {});

/// The same for a subcommand, whose options may stand before, between and behind its words. Returns
/// the words that are no options; behind "--" all are.
Result<std::vector<std::string>> parse_command(const std::vector<OptionRow>& table, int argc,
                                               const char* const* argv);

/// The settings as a configuration file.
std::string settings_text(const ParsedWords& parsed);

}  // namespace synfin
