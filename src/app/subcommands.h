/// \file
/// The subcommands `inventory`, `path`, `diff`, `report`, `store init`, `config …` and `notify …`;
/// `connections` and `store import` are runs.
/// Tested in tests/check/notify.py and tests/check/config_example.py.
#pragma once

#include <optional>

#include "synfin/base/result.h"

namespace synfin {

/// Runs the subcommand that the command line begins with. Returns the exit status, or nothing if it
/// begins with none.
std::optional<Result<int>> run_subcommand(int argc, const char* const* argv);

}  // namespace synfin
