/// \file
/// SenderProcess: a forked process that holds secrets and sends to the network, so that the process
/// that parses packets does neither.
///
///     fork → prepare() with the rights of the start → the user of -Z, no capability → Landlock,
///     seccomp → run()
///
/// It ends with this process. Tested in tests/unit/sandbox/sender_process_test.cc.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

struct SenderDuty {
  std::string name = "the process for notifications";  ///< in sentences
  std::optional<TargetUser> user;  ///< whom it becomes; unset: it stays as it is
  SandboxMode sandbox = SandboxMode::Auto;
  /// Reads what only the rights of the start can read, and names the files that run() needs.
  std::function<Status(SandboxPlan& plan, int channel)> prepare = {};
  /// `channel` is a socket that keeps the boundaries of messages. Returns when it is closed.
  std::function<void(int channel)> run = {};
};

class SenderProcess {
 public:
  /// REQUIRES: no other thread runs.
  static Result<std::unique_ptr<SenderProcess>> start(SenderDuty duty);
  /// Closes the channel and waits for the process.
  ~SenderProcess();
  SenderProcess(const SenderProcess&) = delete;
  SenderProcess& operator=(const SenderProcess&) = delete;

  /// This process's end of the channel.
  int channel() const { return channel_; }
  /// No more messages follow; those of the process can still be read.
  void close_for_sending();
  pid_t process() const { return process_; }

 private:
  SenderProcess(int channel, pid_t process) : channel_(channel), process_(process) {}

  int channel_;
  pid_t process_;
};

/// Sends one message, at most kMaxSentence bytes of it. Returns false if the other side has ended.
bool send_sentence(int channel, char kind, std::string_view text);

struct ReceivedSentence {
  char kind = 0;
  std::string text;
};
/// Receives one message. Without `wait` nothing is returned if none is there. `ended` becomes true
/// if the other side has ended.
std::optional<ReceivedSentence> receive_sentence(int channel, bool wait, bool& ended);

}  // namespace synfin
