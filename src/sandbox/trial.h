/// \file
/// Finds out whether the filters of seccomp_filter.h would end a run that does nothing unusual,
/// because of its C library, the kernel, or a tool that runs inside the process.
/// Tested in tests/unit/sandbox/sandbox_test.cc and tests/live/sandbox.py.
#pragma once

#include "sandbox/seccomp_filter.h"
#include "synfin/base/result.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

/// True if memory of this process is writable and executable: a tool such as valgrind translates
/// the program while it runs, and needs system calls and files of its own.
bool is_translated();

/// Starts a child process that enters the filter, and in strict mode that of a role, and does what
/// every run does. Fails with a sentence if the child ends early. REQUIRES: no other thread runs.
Status try_filters(const SandboxPlan& plan, const RunFilter& filter);

}  // namespace synfin
