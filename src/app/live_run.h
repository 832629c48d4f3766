/// \file
/// A run on live traffic, from parsed options to the exit code.
#pragma once

#include "app/run.h"

namespace synfin {

/// Listens on the interfaces that `options` names. REQUIRES: options.read is empty.
RunResult run_live(const Options& options);

/// -D.
RunResult print_interfaces();

}  // namespace synfin
