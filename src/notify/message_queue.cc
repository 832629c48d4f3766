// See message_queue.h. The tables are in src/inventory/schema.cc.
#include "notify/message_queue.h"

#include <utility>

namespace synfin {
namespace {

enum BatchState : std::int64_t { kWaits = 0, kDelivered = 1, kGivenUp = 2 };
constexpr std::int64_t kSkipped = 0;  ///< the batch of messages that a channel does not select
constexpr std::int64_t kRoomForDigests = 100;
constexpr std::int64_t kRemembered = 1000;  ///< handled messages that are kept

/// A message that a channel has not handled.
struct Pending {
  std::int64_t number = 0;
  Timestamp queued{};
  Message message;
};

/// Runs a statement with these values.
template <typename... Values>
Status run(Statement& statement, const Values&... values) {
  int index = 0;
  (statement.bind(++index, values), ...);
  return statement.run();
}

std::optional<Pending> pending_of(const Statement& row) {
  auto message = unpack(row.text(2));
  if (!message) return std::nullopt;
  return Pending{row.integer(0), timestamp_from_ns(row.integer(1)), std::move(*message)};
}

}  // namespace

struct MessageQueue::Statements {
  std::unique_ptr<Database> owned;  ///< null if the database is another's
  Database& database;
  Statement waiting, members, pending, skip, add_batch, add_member, finish, postpone;

  /// The messages of a batch.
  Result<std::vector<Pending>> read(Statement& statement) {
    std::vector<Pending> found;
    while (true) {
      const auto row = statement.step();
      if (!row) return row.error();
      if (!*row) return found;
      if (auto one = pending_of(statement)) found.push_back(std::move(*one));
    }
  }

  Result<std::optional<Batch>> waiting_batch(const Channel& channel);
  Result<std::optional<Batch>> new_batch(const Channel& channel, const Pace& pace,
                                         Timestamp& soonest);
  Status skip_unselected(const Channel& channel, std::vector<Pending>& found);
};

namespace {

Message joined(std::vector<Pending>& members) {
  if (members.size() == 1) return std::move(members[0].message);
  std::vector<Message> messages;
  messages.reserve(members.size());
  for (Pending& member : members) messages.push_back(std::move(member.message));
  return group_of(messages);
}

/// The messages that the next batch consists of; none if it is too early.
std::vector<Pending> choose(std::vector<Pending> found, const Pace& pace, Timestamp& soonest) {
  std::vector<Pending> changes;
  for (Pending& one : found) {
    if (one.message.kind != MessageKind::Change) {
      std::vector<Pending> single;
      single.push_back(std::move(one));
      return single;
    }
    changes.push_back(std::move(one));
  }
  if (changes.empty()) return {};
  const Timestamp ready = saturating_add(changes[0].queued, pace.group_delay);
  if (!pace.changes || ready > pace.now) {
    if (ready > pace.now) soonest = std::min(soonest, ready);
    return {};
  }
  if (changes.size() <= pace.single_changes) changes.resize(1);
  return changes;
}

}  // namespace

Status MessageQueue::Statements::skip_unselected(const Channel& channel,
                                                 std::vector<Pending>& found) {
  std::vector<Pending> selected;
  for (Pending& one : found) {
    if (channel.selects(one.message.kind) && channel.selects_host(one.message.host)) {
      selected.push_back(std::move(one));
    } else if (const Status done = run(skip, std::string_view(channel.name), one.number, kSkipped);
               !done) {
      return done;
    }
  }
  found = std::move(selected);
  return Ok{};
}

Result<std::optional<Batch>> MessageQueue::Statements::waiting_batch(const Channel& channel) {
  waiting.bind(1, std::string_view(channel.name));
  const auto row = waiting.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Batch>{};
  Batch batch;
  batch.number = waiting.integer(0);
  batch.attempts = waiting.integer(1);
  batch.parts = static_cast<std::size_t>(waiting.integer(2));
  batch.due = timestamp_from_ns(waiting.integer(3));
  waiting.reset();
  members.bind(1, batch.number);
  auto found = read(members);
  if (!found) return found.error();
  if (found->empty()) {  // not readable: nothing to send
    if (const Status ended = run(finish, batch.number, kGivenUp); !ended) return ended.error();
    return std::optional<Batch>{};
  }
  batch.queued = found->front().queued;
  batch.message = joined(*found);
  return std::optional(std::move(batch));
}

Result<std::optional<Batch>> MessageQueue::Statements::new_batch(const Channel& channel,
                                                                 const Pace& pace,
                                                                 Timestamp& soonest) {
  pending.bind(1, std::string_view(channel.name));
  auto found = read(pending);
  if (!found) return found.error();
  if (found->empty()) return std::optional<Batch>{};
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  if (const Status skipped = skip_unselected(channel, *found); !skipped) return skipped.error();
  std::vector<Pending> chosen = choose(std::move(*found), pace, soonest);
  Batch batch;
  if (!chosen.empty()) {
    add_batch.bind(1, std::string_view(channel.name));
    const auto row = add_batch.step();
    if (!row) return row.error();
    batch.number = add_batch.integer(0);
    add_batch.reset();
    for (const Pending& one : chosen) {
      const Status added =
          run(add_member, std::string_view(channel.name), one.number, batch.number);
      if (!added) return added.error();
    }
  }
  if (const Status committed = transaction->commit(); !committed) return committed.error();
  if (chosen.empty()) return std::optional<Batch>{};
  batch.queued = chosen.front().queued;
  batch.message = joined(chosen);
  return std::optional(std::move(batch));
}

Status add_channels(Database& state, const std::vector<std::string>& names) {
  auto add = state.prepare(
      "INSERT OR IGNORE INTO channels (name, since) "
      "VALUES (?1, (SELECT coalesce(max(number), 0) FROM messages))");
  if (!add) return add.error();
  for (const std::string& name : names) {
    if (const Status added = run(*add, std::string_view(name)); !added) return added;
  }
  return Ok{};
}

namespace {

/// True if the queue has no room. The numbers span more than its rows if old ones were removed.
Result<bool> is_full(Database& state, std::int64_t room) {
  for (const char* const count : {"SELECT coalesce((SELECT max(number) FROM messages) - (SELECT "
                                  "min(number) FROM messages) + 1, "
                                  "0)",
                                  "SELECT count(*) FROM messages"}) {
    auto statement = state.prepare(count);
    if (!statement) return statement.error();
    const auto row = statement->step();
    if (!row) return row.error();
    if (statement->integer(0) < room) return false;
  }
  return true;
}

}  // namespace

Result<bool> enqueue(Database& state, const Message& message, Timestamp queued) {
  const bool digest = message.kind == MessageKind::Digest;
  const auto full = is_full(state, kMaxQueuedMessages + (digest ? kRoomForDigests : 0));
  if (!full) return full.error();
  if (*full) return false;
  auto insert = state.prepare(
      "INSERT OR IGNORE INTO messages (id, kind, host, queued, body) VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!insert) return insert.error();
  insert->bind(1, std::string_view(message.id));
  insert->bind(2, static_cast<std::int64_t>(message.kind));
  insert->bind(3, std::string_view(message.host));
  insert->bind(4, to_ns(queued));
  insert->bind_blob(5, pack(message));
  if (const Status inserted = insert->run(); !inserted) return inserted.error();
  return true;
}

MessageQueue::MessageQueue(std::unique_ptr<Statements> statements)
    : statements_(std::move(statements)) {}
MessageQueue::~MessageQueue() = default;

Result<std::unique_ptr<MessageQueue>> MessageQueue::open(const std::string& path) {
  auto opened = Database::open(path, DatabaseAccess::Join);
  if (!opened) return opened.error();
  auto owned = std::make_unique<Database>(std::move(*opened));
  auto queue = on(*owned);
  if (queue) (*queue)->statements_->owned = std::move(owned);
  return queue;
}

Result<std::unique_ptr<MessageQueue>> MessageQueue::on(Database& state) {
  std::optional<Error> failed;
  const auto prepare = [&](std::string_view sql) {
    auto statement = state.prepare(sql);
    if (!statement && !failed) failed = statement.error();
    return statement;
  };
  auto waiting = prepare(
      "SELECT number, attempts, parts, due FROM batches WHERE channel = ?1 AND state = 0 "
      "ORDER BY number LIMIT 1");
  auto members = prepare(
      "SELECT m.number, m.queued, m.body FROM deliveries d JOIN messages m ON m.number = d.message "
      "WHERE d.batch = ?1 ORDER BY m.number");
  auto pending = prepare(
      "SELECT m.number, m.queued, m.body FROM messages m "
      "WHERE m.number > (SELECT since FROM channels WHERE name = ?1) AND NOT EXISTS "
      "(SELECT 1 FROM deliveries d WHERE d.channel = ?1 AND d.message = m.number) "
      "ORDER BY m.number LIMIT 1000");
  auto skip = prepare("INSERT INTO deliveries (channel, message, batch) VALUES (?1, ?2, ?3)");
  auto add_batch = prepare(
      "INSERT INTO batches (channel, state, attempts, parts, due) VALUES (?1, 0, 0, 0, 0) "
      "RETURNING number");
  auto add_member = prepare("INSERT INTO deliveries (channel, message, batch) VALUES (?1, ?2, ?3)");
  auto finish = prepare("UPDATE batches SET state = ?2 WHERE number = ?1");
  auto postpone =
      prepare("UPDATE batches SET attempts = attempts + 1, parts = ?2, due = ?3 WHERE number = ?1");
  if (failed) return *failed;
  return std::unique_ptr<MessageQueue>(new MessageQueue(std::unique_ptr<Statements>(
      new Statements{nullptr, state, std::move(*waiting), std::move(*members), std::move(*pending),
                     std::move(*skip), std::move(*add_batch), std::move(*add_member),
                     std::move(*finish), std::move(*postpone)})));
}

Result<std::optional<Batch>> MessageQueue::next(const Channel& channel, const Pace& pace,
                                                Timestamp& soonest) {
  auto waiting = statements_->waiting_batch(channel);
  if (!waiting) return waiting.error();
  if (!*waiting) return statements_->new_batch(channel, pace, soonest);
  if ((*waiting)->due <= pace.now) return waiting;
  soonest = std::min(soonest, (*waiting)->due);
  return std::optional<Batch>{};
}

Status MessageQueue::finish(const Batch& batch, bool delivered) {
  return run(statements_->finish, batch.number, delivered ? kDelivered : kGivenUp);
}

Status MessageQueue::postpone(const Batch& batch, std::size_t parts, Timestamp due) {
  return run(statements_->postpone, batch.number, static_cast<std::int64_t>(parts), to_ns(due));
}

Result<std::uint64_t> MessageQueue::waiting(const Channel& channel) const {
  auto unhandled = statements_->database.prepare(
      "SELECT m.kind, m.host FROM messages m "
      "WHERE m.number > (SELECT since FROM channels WHERE name = ?1) AND NOT EXISTS "
      "(SELECT 1 FROM deliveries d LEFT JOIN batches b ON b.number = d.batch "
      "WHERE d.channel = ?1 AND d.message = m.number AND (d.batch = 0 OR b.state <> 0))");
  if (!unhandled) return unhandled.error();
  unhandled->bind(1, std::string_view(channel.name));
  std::uint64_t found = 0;
  while (true) {
    const auto row = unhandled->step();
    if (!row) return row.error();
    if (!*row) return found;
    const auto kind = static_cast<MessageKind>(unhandled->integer(0));
    found += channel.selects(kind) && channel.selects_host(unhandled->text(1)) ? 1 : 0;
  }
}

Status MessageQueue::prune(const std::vector<Channel>& channels) {
  Database& database = statements_->database;
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  // A message is handled if no enabled channel still has it before it.
  if (const Status begun = database.execute(
          "CREATE TEMP TABLE IF NOT EXISTS active (name TEXT PRIMARY KEY); DELETE FROM active");
      !begun)
    return begun;
  auto add = database.prepare("INSERT OR IGNORE INTO active (name) VALUES (?1)");
  if (!add) return add.error();
  for (const Channel& channel : channels) {
    if (const Status added = run(*add, std::string_view(channel.name)); !added) return added;
  }
  auto remove = database.prepare(
      "DELETE FROM messages WHERE number <= (SELECT coalesce(max(number), 0) - ?1 FROM messages) "
      "AND NOT EXISTS (SELECT 1 FROM active a JOIN channels c ON c.name = a.name "
      "WHERE c.since < messages.number AND NOT EXISTS (SELECT 1 FROM deliveries d LEFT JOIN "
      "batches b "
      "ON b.number = d.batch WHERE d.channel = a.name AND d.message = messages.number "
      "AND (d.batch = 0 OR b.state <> 0)))");
  if (!remove) return remove.error();
  if (const Status removed = run(*remove, kRemembered); !removed) return removed;
  const Status cleaned = database.execute(
      "DELETE FROM deliveries WHERE message NOT IN (SELECT number FROM messages);"
      "DELETE FROM batches WHERE state <> 0 AND number NOT IN (SELECT batch FROM deliveries);");
  if (!cleaned) return cleaned;
  return transaction->commit();
}

}  // namespace synfin
