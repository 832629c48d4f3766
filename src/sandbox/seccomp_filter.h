/// \file
/// The system calls that each process and thread may use, as seccomp filters.
/// Spec: seccomp(2), libseccomp. Tested in tests/unit/sandbox/sandbox_test.cc.
#pragma once

#include <memory>

#include "synfin/base/result.h"
#include "synfin/base/thread.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

enum class HelperSyscalls : unsigned char { Files, Processes, Sending };

/// The reason why a filter cannot be entered.
Error seccomp_is_unavailable();

/// Restricts a helper process for the rest of its life. Other system calls end it.
Status confine_helper(HelperSyscalls needed);

/// The filter of a run, which several processes may enter. Building one takes a millisecond.
using RunFilter = std::shared_ptr<void>;
RunFilter make_run_filter(const SandboxPlan& plan);

/// Restricts the calling thread, and the threads that it starts later, to what a run needs from its
/// start to its end.
Status confine_run(const RunFilter& filter);

/// Restricts the calling thread further, to what its role needs.
Status confine_thread(ThreadRole role, const SandboxPlan& plan);

}  // namespace synfin
