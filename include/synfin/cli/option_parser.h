/// \file
/// Splits a command line into options and filter words by the table of options. Only its .cc file
/// includes CLI11. Tested in tests/unit/app/options_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"

namespace synfin {

/// Stores each option's value through its row of `table` and returns the words of the filter.
/// Fails with kind Usage and one sentence. After --help or --version other values are not stored.
Result<std::vector<std::string>> parse_words(const std::vector<OptionRow>& table, int argc,
                                             const char* const* argv);

}  // namespace synfin
