// Writing the state file. See state_store.h; state_load.cc reads it.
#include "inventory/state_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "inventory/port_ranges.h"

namespace synfin {
namespace {

std::string bytes_of(const Address& ip) {
  std::string bytes(16, '\0');
  for (int i = 0; i < 8; ++i) {
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(ip.high() >> (56 - 8 * i));
    bytes[static_cast<std::size_t>(i) + 8] = static_cast<char>(ip.low() >> (56 - 8 * i));
  }
  return bytes;
}

void bind_about(Statement& statement, int index, const HostSummary& about) {
  statement.bind(index, about.name).bind(index + 1, about.country);
  statement.bind(index + 2, std::int64_t{about.asn}).bind(index + 3, about.as_org);
  statement.bind(index + 4, about.mac).bind(index + 5, about.vendor);
}

/// The ports of a NewHost change, one to a line: number, transport, state, witnesses, process.
std::string pack_ports(const std::vector<PortSummary>& ports) {
  std::string text;
  for (const PortSummary& port : ports) {
    std::string process = port.process;
    std::replace(process.begin(), process.end(), '\n', ' ');
    text += fmt::format("{} {} {} {} {}\n", port.port, protocol_number(port.transport),
                        static_cast<int>(port.state), port.witnesses, process);
  }
  return text;
}

Status write_contacts(Database& database, const StateBatch& batch) {
  if (batch.contacts.empty()) return Ok{};
  auto insert = database.prepare("INSERT OR IGNORE INTO contacts (key, first_seen) VALUES (?, ?)");
  if (!insert) return insert.error();
  for (const auto& [key, time] : batch.contacts) {
    insert->bind(1, static_cast<std::int64_t>(key)).bind(2, to_ns(time));
    if (const Status done = insert->run(); !done) return done;
  }
  return Ok{};
}

Status write_hosts(Database& database, const StateBatch& batch) {
  if (batch.hosts.empty()) return Ok{};
  auto insert = database.prepare(
      "REPLACE INTO hosts (id, ip, first_seen, last_seen, announced, closed, name, country, asn, "
      "as_org, mac, vendor) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!insert) return insert.error();
  for (const StateBatch::HostRow& host : batch.hosts) {
    insert->bind(1, std::int64_t{host.id}).bind_blob(2, bytes_of(host.ip));
    insert->bind(3, to_ns(host.first_seen)).bind(4, to_ns(host.last_seen));
    insert->bind(5, std::int64_t{host.announced});
    host.closed.empty() ? insert->bind_null(6) : insert->bind_blob(6, host.closed);
    bind_about(*insert, 7, host.about);
    if (const Status done = insert->run(); !done) return done;
  }
  return Ok{};
}

Status write_ports(Database& database, const StateBatch& batch) {
  if (batch.ports.empty()) return Ok{};
  auto insert = database.prepare(
      "REPLACE INTO ports (host, key, state, was, opened, first_proof, last_proof, last_change, "
      "attempts, successes, witnesses, flips, icmp, process, evidence) "
      "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!insert) return insert.error();
  for (const StateBatch::PortRow& port : batch.ports) {
    int index = 0;
    for (const std::int64_t value :
         {std::int64_t{port.host}, std::int64_t{port.key}, static_cast<std::int64_t>(port.state),
          static_cast<std::int64_t>(port.was), std::int64_t{port.opened}, to_ns(port.first_proof),
          to_ns(port.last_proof), to_ns(port.last_change), std::int64_t{port.attempts},
          std::int64_t{port.successes}, std::int64_t{port.witnesses}, std::int64_t{port.flips},
          std::int64_t{port.icmp}}) {
      insert->bind(++index, value);
    }
    port.process.empty() ? insert->bind_null(14) : insert->bind(14, port.process);
    port.evidence.empty() ? insert->bind_null(15) : insert->bind_blob(15, port.evidence);
    if (const Status done = insert->run(); !done) return done;
  }
  return Ok{};
}

Status write_changes(Database& database, std::span<const Change> changes) {
  if (changes.empty()) return Ok{};
  auto insert = database.prepare(fmt::format(
      "INSERT INTO changes ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kChangeColumns));
  if (!insert) return insert.error();
  for (const Change& change : changes) {
    insert->bind(1, change.id).bind(2, to_ns(change.time));
    insert->bind(3, static_cast<std::int64_t>(change.kind)).bind_blob(4, bytes_of(change.host.ip));
    insert->bind(5, std::int64_t{change.port.port});
    insert->bind(6, std::int64_t{protocol_number(change.port.transport)});
    insert->bind(7, static_cast<std::int64_t>(change.port.state));
    insert->bind(8, static_cast<std::int64_t>(change.port.was));
    insert->bind(9, std::int64_t{change.port.witnesses}).bind(10, std::int64_t{change.alert});
    insert->bind(11, change.evidence).bind(12, change.port.process);
    insert->bind_blob(13, bytes_of(change.client)).bind_blob(14, pack_ports(change.ports));
    bind_about(*insert, 15, change.host);
    if (const Status done = insert->run(); !done) return done;
  }
  return Ok{};
}

Status write_digest(Database& database, const StateBatch& batch) {
  const Digest& digest = *batch.digest;
  auto insert = database.prepare(
      "INSERT INTO digests (number, id, from_time, to_time, hosts, ports, changes, last_change) "
      "VALUES (?,?,?,?,?,?,?, (SELECT ifnull(max(number), 0) FROM changes))");
  if (!insert) return insert.error();
  insert->bind(1, static_cast<std::int64_t>(batch.digest_number)).bind(2, digest.id);
  insert->bind(3, to_ns(digest.from)).bind(4, to_ns(digest.to));
  insert->bind(5, static_cast<std::int64_t>(digest.hosts_total));
  insert->bind(6, static_cast<std::int64_t>(digest.ports_total));
  insert->bind(7, static_cast<std::int64_t>(digest.changes_total));
  return insert->run();
}

Status notify(Database& database, const StateBatch& batch, ChangeListener& listener) {
  for (const StartNotice& start : batch.starts) {
    if (const Status done = listener.on_start(database, start); !done) return done;
  }
  if (!batch.changes.empty()) {
    if (const Status done = listener.on_changes(database, batch.changes); !done) return done;
  }
  for (const GapNotice& gap : batch.gaps) {
    if (const Status done = listener.on_gap(database, gap); !done) return done;
  }
  return batch.digest ? listener.on_digest(database, *batch.digest) : Status(Ok{});
}

Status write_begun(Database& database, Timestamp begun) {
  auto insert = database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('begun', ?)");
  if (!insert) return insert.error();
  return insert->bind(1, to_ns(begun)).run();
}

}  // namespace

void StateBatch::collect(Inventory& inventory) {
  for (const Inventory::Contact& contact : inventory.take_contacts()) contacts.push_back(contact);
  for (const std::uint32_t id : inventory.table().take_dirty()) {
    HostEntry& host = inventory.table().at(id);
    host.dirty = false;
    if (host.open_ports > 0) inventory.describe(host);
    hosts.push_back({.id = host.id,
                     .ip = host.ip,
                     .first_seen = host.first_seen,
                     .last_seen = host.last_seen,
                     .announced = host.announced,
                     .about = inventory.summary_of(host),
                     .closed = host.closed ? host.closed->pack() : std::string{}});
    for (PortEntry& port : host.ports) {
      if (!std::exchange(port.dirty, false)) continue;
      ports.push_back({.host = host.id,
                       .key = port.key,
                       .state = port.state,
                       .was = port.was,
                       .opened = port.opened,
                       .flips = port.flips,
                       .icmp = port.icmp,
                       .first_proof = port.first_proof,
                       .last_proof = port.last_proof,
                       .last_change = port.last_change,
                       .attempts = port.attempts,
                       .successes = port.successes,
                       .witnesses = port.evidence ? port.evidence->clients() : 0,
                       .process = inventory.process(port.process),
                       .evidence = port.evidence ? port.evidence->pack() : std::string{}});
    }
  }
}

Status write_batch(Database& database, const StateBatch& batch, ChangeListener* listener) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  Status status = batch.begun ? write_begun(database, *batch.begun) : Status(Ok{});
  if (status) status = write_hosts(database, batch);
  if (status) status = write_ports(database, batch);
  if (status) status = write_contacts(database, batch);
  const std::span<const Change> changes = batch.changes;
  const std::size_t digested = std::min(batch.digested, changes.size());
  if (status) status = write_changes(database, changes.first(digested));
  if (status && batch.digest) status = write_digest(database, batch);
  if (status) status = write_changes(database, changes.subspan(digested));
  if (status && listener != nullptr) status = notify(database, batch, *listener);
  if (status) status = transaction->commit();
  if (status && listener != nullptr) listener->on_commit();
  return status;
}

}  // namespace synfin
