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

/// Whether another message has room in the queue. Only messages that one of the channels has not
/// handled take room. It counts them once, so it is valid for one transaction.
class QueueRoom {
 public:
  /// Both must outlive it.
  QueueRoom(Database& state, const std::vector<std::string>& channels)
      : state_(state), channels_(channels) {}

  /// Takes the room of a message. Returns false if there is none. Digests have some room of their
  /// own, because they report what was dropped.
  Result<bool> take(MessageKind kind);

 private:
  Result<std::int64_t> count();

  Database& state_;
  const std::vector<std::string>& channels_;
  std::int64_t most_ = INT64_MAX;  ///< at most so many wait
  int counts_ = 0;                 ///< the ways to count that were used, the fastest first
};

/// Stores a message, unless one of its id is there or there is no room. `queued` is the wall clock.
/// Returns false if there is no room.
Result<bool> enqueue(Database& state, const Message& message, Timestamp queued, QueueRoom& room);

/// One message for one channel, which is about to be sent.
struct Batch {
  std::int64_t number = 0;
  std::int64_t attempts = 0;
  std::size_t parts = 0;  ///< of a message in several parts, those that were delivered
  Timestamp due{};
  Message message;
};

/// Which messages are too old. The wall clock may be set during a run, so it decides only about
/// messages of earlier runs.
struct Expiry {
  std::int64_t last_expired = 0;        ///< this message and all before it
  Timestamp oldest = Timestamp::min();  ///< what was queued before this; not after the run began

  bool has(std::int64_t number, Timestamp queued) const {
    return number <= last_expired || queued < oldest;
  }
};

/// When messages may be sent.
struct Pace {
  Timestamp now{};
  Duration group_delay{};
  std::size_t single_changes = 0;  ///< more than these changes become one message
  bool changes = true;             ///< false: no message about changes may be sent now
  bool retries = false;            ///< a batch that failed is due
  Expiry expiry = {};
};

/// What next() found for a channel.
struct Offer {
  std::optional<Batch> batch;
  Timestamp soonest = Timestamp::max();  ///< without a batch, when there may be one
  std::size_t given_up = 0;              ///< messages that were too old
  Timestamp oldest_given_up{};           ///< what the first of them is about
};

class MessageQueue {
 public:
  static Result<std::unique_ptr<MessageQueue>> open(const std::string& path);
  /// `state` must outlive the queue.
  static Result<std::unique_ptr<MessageQueue>> on(Database& state);
  ~MessageQueue();

  /// The batch of `channel` that waits; else a new one if the pace permits it. Gives up each
  /// message that is too old, and a batch if all its messages are.
  Result<Offer> next(const Channel& channel, const Pace& pace);

  /// The batch was delivered, or is given up.
  Status finish(const Batch& batch, bool delivered);
  /// `parts` of the batch were delivered. It is due again at `due`.
  Status postpone(const Batch& batch, std::size_t parts, Timestamp due);
  /// The number of the latest message; 0 if there was none.
  Result<std::int64_t> last_number() const;
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
