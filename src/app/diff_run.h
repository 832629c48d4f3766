/// \file
/// `synfin diff` as runs of the program: each capture or log is a run with one sink.
/// Tested in tests/golden/diff.py.
#pragma once

#include "synfin/base/result.h"

namespace synfin {

/// Runs the command line behind "synfin". Returns the exit status.
Result<int> run_diff(int argc, const char* const* argv);

}  // namespace synfin
