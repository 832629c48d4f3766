/// \file
/// Splits a command line into options and filter words by the table of options, and adds the
/// options of a configuration file. Tested in tests/unit/app/options_test.cc and
/// tests/unit/cli/option_parser_test.cc.
#pragma once

#include <string>
#include <string_view>
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

  /// True if the command line or the file has the option with this OptionRow::name().
  bool has(std::string_view name) const;
  /// Where the file sets the options that `sentence` names, as its beginning: "a.conf:2 and 5: ".
  /// Empty if it sets none of them.
  std::string places_of(std::string_view sentence) const;
};

/// Stores each option's value through its row of `table`. Options of the command line win over
/// those of the file that `load` reads; without `load` no file is read. The file may have the key
/// "filter" beside the options. Fails with kind Usage and one sentence. After --help or --version
/// other values are not stored. `command` is what precedes --help in messages. `table` must outlive
/// the result.
Result<ParsedWords> parse_words(const std::vector<OptionRow>& table, int argc,
                                const char* const* argv, const ConfigLoader& load = {},
                                std::string_view command = "synfin");

/// The same for a subcommand, such as "synfin diff", whose options may be before, between and
/// after its words. Returns the words that are no options; after "--" all are.
Result<std::vector<std::string>> parse_command(std::string_view command,
                                               const std::vector<OptionRow>& table, int argc,
                                               const char* const* argv);

/// The error of a wrong word of a subcommand, with where its help is.
Error wrong_command(std::string_view command, std::string_view sentence);

/// The answer to a word that is none of the `actions` of `command`, such as "notify": prints `help`
/// for --help, else fails with what the word was probably meant to be.
Result<int> answer_no_action(std::string_view command, const std::vector<std::string>& actions,
                             std::string_view given, std::string_view help);

/// The settings as a configuration file.
std::string settings_text(const ParsedWords& parsed);

}  // namespace synfin
