/// \file
/// SenderProcess: a forked process that holds secrets and sends to the network, so that the process
/// that parses packets does neither.
///
///     fork → prepare(), with the initial rights
///          → the user of -Z, no capability, Landlock, seccomp → run()
///
/// It ends with this process. Tested in tests/unit/sandbox/sender_process_test.cc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

struct SenderDuty {
  std::string name = {};           ///< used in messages: "the process that publishes"
  std::optional<TargetUser> user;  ///< the user that it becomes; unset: it keeps its user
  SandboxMode sandbox = SandboxMode::Auto;
  /// Opens or reads what only the initial rights can, and adds the files that run() needs to
  /// `plan`.
  std::function<Status(SandboxPlan& plan)> prepare = {};
  /// Parses what prepare() opened, without rights, and adds files to `plan`, too. May be empty.
  std::function<Status(SandboxPlan& plan)> parse = {};
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

enum class SendResult : unsigned char {
  Sent,
  Full,   ///< the channel has no room; the message is lost
  Ended,  ///< the other side has ended
};
/// Sends one message, at most 4096 bytes of it, and never waits.
[[nodiscard]] SendResult send_sentence(int channel, char kind, std::string_view text);
/// The same, but waits for room. REQUIRES: the other side reads until the channel is closed.
SendResult send_sentence_waiting(int channel, char kind, std::string_view text);

/// Sends sentences for the log of the other side. A sentence for which the channel has no room is
/// lost and counted, and a further sentence reports the number as soon as the channel has room.
class SentenceLog {
 public:
  /// `warning` is the kind of that further sentence, `process` the name of this process in it.
  SentenceLog(int channel, char warning, std::string process)
      : channel_(channel), warning_(warning), process_(std::move(process)) {}

  /// Never waits.
  void send(char kind, std::string_view text);
  /// Reports what was lost, and waits for room. REQUIRES: as send_sentence_waiting().
  void finish();

 private:
  std::string lost_text() const;

  int channel_;
  char warning_;
  std::string process_;
  std::uint64_t lost_ = 0;
};

struct ReceivedSentence {
  char kind = 0;
  std::string text;
};
/// Receives one message. If none has arrived, waits for one, or without `wait` returns nothing.
/// `ended` becomes true if the other side has ended.
std::optional<ReceivedSentence> receive_sentence(int channel, bool wait, bool& ended);

}  // namespace synfin
