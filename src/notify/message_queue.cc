// See message_queue.h. The tables are in src/inventory/schema.cc.
#include "notify/message_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace synfin {
namespace {

enum BatchState : std::int64_t { kWaits = 0, kDelivered = 1, kGivenUp = 2 };
constexpr std::int64_t kNotSent = 0;  ///< the batch of messages that a channel does not get
constexpr std::int64_t kRoomForDigests = 100;
/// The longest time that a server can demand. A batch that is due later was stored when the clock
/// was ahead.
constexpr Duration kLongestDemand = std::chrono::hours{24};
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

  Result<bool> find_waiting(const Channel& channel, const Pace& pace, Offer& offer);
  Status make_batch(const Channel& channel, const Pace& pace, Offer& offer);
  Status skip_unsent(const Channel& channel, const Expiry& expiry, std::vector<Pending>& found,
                     Offer& offer);
};

namespace {

Message joined(std::vector<Pending>& members) {
  if (members.size() == 1) return std::move(members[0].message);
  std::vector<Message> messages;
  messages.reserve(members.size());
  for (Pending& member : members) messages.push_back(std::move(member.message));
  return group_of(messages);
}

/// Counts messages that are given up.
void note_given_up(Offer& offer, const Pending& one) {
  if (offer.given_up++ == 0) offer.oldest_given_up = one.message.time;
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
  const Timestamp queued = changes[0].queued;
  const Timestamp ready = saturating_add(queued, pace.group_delay);
  // If it was queued in the future, the clock was set back since.
  const bool waits = ready > pace.now && queued <= pace.now;
  if (waits) soonest = ready;
  if (waits || !pace.changes) return {};
  if (changes.size() <= pace.single_changes) changes.resize(1);
  return changes;
}

}  // namespace

/// Removes from `found` what the channel does not get: what it does not select, and what is too
/// old.
Status MessageQueue::Statements::skip_unsent(const Channel& channel, const Expiry& expiry,
                                             std::vector<Pending>& found, Offer& offer) {
  std::vector<Pending> sent;
  for (Pending& one : found) {
    const bool selected =
        channel.selects(one.message.kind) && channel.selects_host(one.message.host);
    const bool expired = expiry.has(one.number, one.queued);
    if (selected && !expired) {
      sent.push_back(std::move(one));
      continue;
    }
    if (selected) note_given_up(offer, one);
    if (const Status done = run(skip, std::string_view(channel.name), one.number, kNotSent); !done)
      return done;
  }
  found = std::move(sent);
  return Ok{};
}

/// Returns true if a batch waits, which the offer has if it is due.
Result<bool> MessageQueue::Statements::find_waiting(const Channel& channel, const Pace& pace,
                                                    Offer& offer) {
  waiting.bind(1, std::string_view(channel.name));
  const auto row = waiting.step();
  if (!row) return row.error();
  if (!*row) return false;
  Batch batch;
  batch.number = waiting.integer(0);
  batch.attempts = waiting.integer(1);
  batch.parts = static_cast<std::size_t>(waiting.integer(2));
  batch.due = timestamp_from_ns(waiting.integer(3));
  waiting.reset();
  if (!pace.retries && batch.due > pace.now &&
      batch.due <= saturating_add(pace.now, kLongestDemand)) {
    offer.soonest = batch.due;
    return true;
  }
  members.bind(1, batch.number);
  auto found = read(members);
  if (!found) return found.error();
  const bool expired = std::all_of(found->begin(), found->end(), [&](const Pending& one) {
    return pace.expiry.has(one.number, one.queued);
  });
  if (expired) {  // or not readable: nothing to send
    for (const Pending& one : *found) note_given_up(offer, one);
    if (const Status ended = run(finish, batch.number, kGivenUp); !ended) return ended.error();
    return false;
  }
  batch.message = joined(*found);
  offer.batch = std::move(batch);
  return true;
}

Status MessageQueue::Statements::make_batch(const Channel& channel, const Pace& pace,
                                            Offer& offer) {
  pending.bind(1, std::string_view(channel.name));
  auto found = read(pending);
  if (!found) return found.error();
  if (found->empty()) return Ok{};
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  const std::size_t pending_before = found->size();
  if (const Status skipped = skip_unsent(channel, pace.expiry, *found, offer); !skipped)
    return skipped;
  const bool skipped_some = found->size() < pending_before;
  std::vector<Pending> chosen = choose(std::move(*found), pace, offer.soonest);
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
      if (!added) return added;
    }
  }
  if (const Status committed = transaction->commit(); !committed) return committed;
  if (chosen.empty()) {
    if (skipped_some) offer.soonest = pace.now;  // others may follow those that were read
    return Ok{};
  }
  batch.message = joined(chosen);
  offer.batch = std::move(batch);
  return Ok{};
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

/// The messages that the channel ?1 has not handled.
constexpr std::string_view kUnhandled =
    "FROM messages m WHERE m.number > (SELECT since FROM channels WHERE name = ?1) AND NOT EXISTS "
    "(SELECT 1 FROM deliveries d LEFT JOIN batches b ON b.number = d.batch "
    "WHERE d.channel = ?1 AND d.message = m.number AND (d.batch = 0 OR b.state <> 0))";

Result<std::int64_t> number_of(Database& state, std::string_view sql,
                               const std::string& channel = {}) {
  auto statement = state.prepare(sql);
  if (!statement) return statement.error();
  if (!channel.empty()) statement->bind(1, std::string_view(channel));
  const auto row = statement->step();
  if (!row) return row.error();
  return statement->integer(0);
}

}  // namespace

Result<std::int64_t> QueueRoom::count() {
  switch (counts_++) {
    case 0:
      return number_of(state_, "SELECT coalesce(max(number) - min(number) + 1, 0) FROM messages");
    case 1:
      return number_of(state_, "SELECT count(*) FROM messages");
    default:
      break;
  }
  std::int64_t most = 0;
  for (const std::string& channel : channels_) {
    const auto waiting = number_of(state_, fmt::format("SELECT count(*) {}", kUnhandled), channel);
    if (!waiting) return waiting;
    most = std::max(most, *waiting);
  }
  return most;
}

Result<bool> QueueRoom::take(MessageKind kind) {
  constexpr int kWaysToCount = 3;
  const std::int64_t room =
      kMaxQueuedMessages + (kind == MessageKind::Digest ? kRoomForDigests : 0);
  while (most_ >= room && counts_ < kWaysToCount) {
    const auto counted = count();
    if (!counted) return counted.error();
    most_ = *counted;
  }
  if (most_ >= room) return false;
  ++most_;
  return true;
}

Result<bool> enqueue(Database& state, const Message& message, Timestamp queued, QueueRoom& room) {
  const auto fits = room.take(message.kind);
  if (!fits || !*fits) return fits;
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

Result<Offer> MessageQueue::next(const Channel& channel, const Pace& pace) {
  Offer offer;
  const auto waits = statements_->find_waiting(channel, pace, offer);
  if (!waits) return waits.error();
  if (*waits) return offer;
  if (const Status made = statements_->make_batch(channel, pace, offer); !made) return made.error();
  return offer;
}

Status MessageQueue::finish(const Batch& batch, bool delivered) {
  return run(statements_->finish, batch.number, delivered ? kDelivered : kGivenUp);
}

Status MessageQueue::postpone(const Batch& batch, std::size_t parts, Timestamp due) {
  return run(statements_->postpone, batch.number, static_cast<std::int64_t>(parts), to_ns(due));
}

Result<std::int64_t> MessageQueue::last_number() const {
  return number_of(statements_->database, "SELECT coalesce(max(number), 0) FROM messages");
}

Result<std::uint64_t> MessageQueue::waiting(const Channel& channel) const {
  auto unhandled =
      statements_->database.prepare(fmt::format("SELECT m.kind, m.host {}", kUnhandled));
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
