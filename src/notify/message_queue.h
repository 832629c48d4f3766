/// \file
/// The messages that wait in the state file, and what became of them.
///
///     capture ── enqueue() ──→ messages ── MessageQueue::next() ──→ batch ── record() ──→
///     delivered
///
/// A batch is stored before it is sent. If the process ends while one is in flight, the next run
/// sends it again, with the same id and the same messages. Tested in
/// tests/unit/notify/message_queue_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "notify/channel.h"
#include "notify/message.h"
#include "synfin/inventory/database.h"

namespace synfin {

inline constexpr std::int64_t kMaxQueuedMessages = 20'000;

/// Makes the channels known, before messages for them exist: a channel receives only what is queued
/// later.
Status add_channels(Database& state, const std::vector<std::string>& names);

/// Stores a message, unless one of its id is there or the queue is full. Digests have some room of
/// their own, because they report what was dropped. `queued` is the wall clock. Returns false if
/// the queue is full.
Result<bool> enqueue(Database& state, const Message& message, Timestamp queued);

/// One message for one channel, which is about to be sent.
struct Batch {
  std::int64_t number = 0;
  std::int64_t attempts = 0;
  std::size_t parts = 0;  ///< of a message in several parts, those that were delivered
  Timestamp due{};
  Timestamp queued{};  ///< when its first message was
  Message message;
};

/// When messages about changes may be sent.
struct Pace {
  Timestamp now{};
  Duration group_delay{};
  std::size_t single_changes = 0;  ///< more than these changes become one message
  bool changes = true;             ///< false: none may be sent now
};

class MessageQueue {
 public:
  static Result<std::unique_ptr<MessageQueue>> open(const std::string& path);
  /// `state` must outlive the queue.
  static Result<std::unique_ptr<MessageQueue>> on(Database& state);
  ~MessageQueue();

  /// The batch of `channel` that waits; else a new one if the pace permits it. `soonest` becomes
  /// the time from which on there may be one; it stays as it is if nothing waits.
  Result<std::optional<Batch>> next(const Channel& channel, const Pace& pace, Timestamp& soonest);

  /// The batch was delivered, or is given up.
  Status finish(const Batch& batch, bool delivered);
  /// `parts` of the batch were delivered. It is due again at `due`.
  Status postpone(const Batch& batch, std::size_t parts, Timestamp due);
  /// How many messages `channel` has not handled.
  Result<std::uint64_t> waiting(const Channel& channel) const;

  /// Removes messages that all of `channels` have handled, but for the latest ones, whose ids must
  /// not be queued again.
  Status prune(const std::vector<Channel>& channels);

 private:
  struct Statements;
  explicit MessageQueue(std::unique_ptr<Statements> statements);
  std::unique_ptr<Statements> statements_;
};

}  // namespace synfin
