/// \file
/// Notifier: stores messages about what the inventory reports, and runs the process that delivers
/// them.
///
///     inventory ─ ChangeListener ─→ messages in the state file ←─ the process for notifications ─→
///     channels
///
/// The process alone has the secrets. It reads the state file itself; this process only wakes it.
/// Tested in tests/unit/notify/notifier_test.cc and tests/check/notify.py.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/gauges.h"
#include "synfin/cli/config_file.h"
#include "synfin/inventory/change.h"
#include "synfin/sandbox/sender_process.h"

namespace synfin {

struct NotifierPlan {
  std::string state;               ///< the state file
  std::optional<TargetUser> user;  ///< whom the process becomes
  SandboxMode sandbox = SandboxMode::Auto;
};

/// Messages that were not stored, because the queue was full. A transaction that fails is repeated,
/// so its messages count only once it is committed.
struct DroppedMessages {
  std::uint64_t total = 0;
  std::uint64_t since_digest = 0;
  std::uint64_t uncommitted = 0;
  bool in_digest = false;  ///< the transaction stores a digest that reports `since_digest`
  bool reported = false;   ///< that the queue is full
};

/// What the process has reported of its messages, each channel's alone.
struct DeliveryCounts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;  ///< attempts
};

/// The functions of ChangeListener are called by the thread that writes the state file, all others
/// by the main thread.
class Notifier final : public ChangeListener {
 public:
  /// Forks the process, which parses the notification lines of `config`. These are then overwritten
  /// here, and so are the environment variables that they refer to. Null if there are no such
  /// lines. Fails with the process's sentence if they are wrong. REQUIRES: no other thread runs.
  static Result<std::shared_ptr<Notifier>> start(ConfigFile& config, NotifierPlan plan);
  ~Notifier() override;

  void on_begin() override;
  Status on_start(Database& state, const StartNotice& start) override;
  Status on_changes(Database& state, std::span<const Change> changes) override;
  Status on_digest(Database& state, const Digest& digest) override;
  Status on_gap(Database& state, const GapNotice& gap) override;
  void on_commit() override;

  /// Logs what the process has reported. Stores the number of messages by result in `gauges`,
  /// unless it is null.
  void poll(DeliveryGauges* gauges = nullptr);
  /// Waits until what is due is delivered or has failed, for some seconds at most. Called once,
  /// when the state file is complete. Fails if the process has ended early.
  Status finish();
  pid_t process() const { return process_->process(); }

 private:
  explicit Notifier(std::unique_ptr<SenderProcess> process);

  Status wait_until_ready();
  bool wants(unsigned kind) const { return (kinds_ >> kind & 1U) != 0; }
  Status store(Database& state, const struct Message& message);
  void log_sentence(const struct ReceivedSentence& sentence);
  void note_end();

  std::unique_ptr<SenderProcess> process_;
  std::vector<std::string> channels_;  ///< the names of those that are enabled
  unsigned kinds_ = 0;                 ///< a bit for each kind of message that one of them selects
  std::unique_ptr<class QueueRoom> room_;  ///< of the transaction, once it has stored something
  bool stored_ = false;                    ///< something since the last commit
  DroppedMessages dropped_;
  std::atomic<std::uint64_t> lost_{0};  ///< DroppedMessages::total, for the main thread
  DeliveryCounts delivered_;
  std::atomic<bool> ended_{false};
  bool done_ = false;  ///< the process has ended as it should
};

}  // namespace synfin
