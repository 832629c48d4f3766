/// \file
/// Landlock: the files and TCP ports that a process may reach. Spec: landlock(7). The C library has
/// no functions for it, so this uses its three system calls.
/// Tested in tests/unit/sandbox/sandbox_files_test.cc.
#pragma once

#include <string>

#include "synfin/base/result.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

/// The version of Landlock that the kernel offers; 0 if it offers none.
int landlock_version();

/// Restricts the calling thread and the threads that it starts. Returns a sentence about what is in
/// force. Fails if the kernel has no Landlock. REQUIRES: no_new_privs is set.
Result<std::string> confine_files(const SandboxPlan& plan);

}  // namespace synfin
