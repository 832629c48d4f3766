/// \file
/// The options of a configuration file, checked against the table of options.
/// Tested in tests/unit/cli/option_parser_test.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "synfin/cli/option_parser.h"

namespace synfin {

/// The settings that the file adds, one for each option, and its filter. `given` says whether the
/// command line has the option of a name().
struct ConfigOptions {
  std::vector<OptionSetting> settings;
  std::string filter;
};
Result<ConfigOptions> config_options(const std::vector<OptionRow>& table, const ConfigFile& file,
                                     const std::function<bool(std::string_view)>& given);

/// Where the file sets the option: "FILE:LINE: ".
std::string place_of(const ConfigFile& file, const OptionRow& row);

}  // namespace synfin
