/// \file
/// Which options of a command line have no effect, because the run has no use for them.
/// Tested in tests/unit/app/option_checks_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/cli/option_parser.h"

namespace synfin {

/// What kind of run the options are for.
struct RunKind {
  bool live = false;          ///< packets are captured
  bool control_only = false;  ///< only SYNs, FINs and RSTs are read
};

/// A sentence for each option of the command line without effect. `live_group` is the group of the
/// options of a capture. Options of a configuration file, which may be for other runs, are not
/// named.
std::vector<std::string> settings_without_effect(const std::vector<OptionSetting>& settings,
                                                 std::string_view live_group, RunKind run);

}  // namespace synfin
