/// \file
/// What happens if a process uses a system call that its filter refuses with SIGSYS: a handler
/// reports which call it was, and then the signal ends the process. The call itself never runs.
///
/// Spec: seccomp(2), SECCOMP_RET_TRAP. Tested in tests/unit/sandbox/sandbox_test.cc.
#pragma once

#include <atomic>
#include <string>

namespace synfin {

/// A number in memory that this process shares with the processes that it forks later. The number
/// comes from a process that an attacker may control.
class SharedNumber {
 public:
  SharedNumber();
  ~SharedNumber();
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;

  /// Async-signal-safe. Does nothing if no memory could be shared.
  void store(int number) const;
  /// -1 if none was stored.
  int load() const;

 private:
  std::atomic<int>* cell_ = nullptr;
};

/// "execve (59)"; "system call 9999" for a number without a name.
std::string system_call_text(int number);

/// From now on a refused call calls `before_end`, unless that is null, writes a sentence to stderr,
/// and ends the process. `before_end` must be async-signal-safe.
void report_refused_calls(void (*before_end)());

/// Stored for a process that ended by a fault of its own, such as abort(), and for one to which
/// somebody sent the signal of refused calls.
constexpr int kOwnFault = -2, kSentSignal = -3;

/// From now on a refused call stores its number in `refused`, which must outlive the process's
/// work, and ends the process without a sentence. A fault stores kOwnFault. What another process
/// sends ends this one and stores nothing.
void store_refused_calls(const SharedNumber& refused);

}  // namespace synfin
