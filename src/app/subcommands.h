/// \file
/// The subcommands that need no run: `synfin inventory`, `path`, `config …` and `notify …`.
/// Tested in tests/check/notify.py and tests/check/config_example.py.
#pragma once

#include <optional>

#include "synfin/base/result.h"

namespace synfin {

/// Runs the subcommand that the command line begins with. Returns the exit status, or nothing if it
/// begins with none.
std::optional<Result<int>> run_subcommand(int argc, const char* const* argv);

}  // namespace synfin
