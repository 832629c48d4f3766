/// \file
/// Checks of options that depend on each other, beside those of options.cc. Tested in
/// tests/unit/app/option_checks_test.cc.
#pragma once

#include <string>
#include <vector>

#include "app/option_table.h"
#include "synfin/cli/option_parser.h"

namespace synfin {

/// No two outputs may be the same file, because one would overwrite the other, and no output may be
/// an input. Returns a sentence, or an empty string.
std::string check_outputs_differ(const Options& options);

/// Sentences about options that have no effect in this run, because the option is missing that they
/// modify. `settings` are those of the run.
std::vector<std::string> options_without_effect(const OptionDraft& draft,
                                                const std::vector<OptionSetting>& settings = {});

}  // namespace synfin
