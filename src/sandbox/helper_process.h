/// \file
/// HelperProcess: a forked process that answers requests, and the channel to it.
/// Tested in tests/unit/sandbox/helpers_test.cc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/message.h"
#include "sandbox/refused_call.h"
#include "sandbox/seccomp_filter.h"
#include "synfin/base/result.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {

struct HelperDuty {
  std::string name;                  ///< in sentences: "the helper process for files"
  std::vector<KeptCapability> kept;  ///< those of them that this process has
  HelperSyscalls syscalls{};         ///< which system calls it needs
  std::optional<TargetUser> user;    ///< whom it becomes; unset: it stays as it is
  /// A helper that takes longer to answer counts as failed; a user may have stopped it. A file
  /// server may need many seconds.
  std::chrono::milliseconds answer_timeout = std::chrono::seconds{30};
  /// Makes the function that answers requests, in the helper process.
  using Answer = std::function<HelperReply(const HelperRequest&, int& opened)>;
  std::function<Answer()> make_answer;
};

/// Any thread may ask.
class HelperProcess {
 public:
  /// REQUIRES: no other thread runs.
  static Result<std::unique_ptr<HelperProcess>> start(HelperDuty duty);
  /// Closes the channel, which ends the process, and waits for that, but only briefly for one that
  /// hangs: it ends with this process.
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  /// Waits for the answer. Empty if the process has ended, does not answer or breaks the protocol;
  /// the first time, one sentence reports that. The caller closes `opened`.
  std::optional<HelperReply> ask(const HelperRequest& request, int* opened = nullptr);

  /// False once a request has failed.
  bool alive();

  pid_t process() const { return process_; }

 private:
  HelperProcess(std::string name, std::unique_ptr<SharedNumber> refused, int socket, pid_t process)
      : name_(std::move(name)), refused_(std::move(refused)), socket_(socket), process_(process) {}
  void give_up(bool late);

  std::string name_;
  std::unique_ptr<SharedNumber> refused_;  ///< the system call that ended the process
  std::mutex mutex_;
  int socket_;
  pid_t process_;
  bool hangs_ = false;  ///< it has not answered in time
};

}  // namespace synfin
