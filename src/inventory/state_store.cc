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
      "as_org, mac, vendor, ports, previous, more_open) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!insert) return insert.error();
  for (const StateBatch::HostRow& host : batch.hosts) {
    insert->bind(1, std::int64_t{host.id}).bind_blob(2, bytes_of(host.ip));
    insert->bind(3, to_ns(host.first_seen)).bind(4, to_ns(host.last_seen));
    insert->bind(5, std::int64_t{host.announced});
    host.closed.empty() ? insert->bind_null(6) : insert->bind_blob(6, host.closed);
    bind_about(*insert, 7, host.about);
    host.ports.empty() ? insert->bind_null(13) : insert->bind_blob(13, host.ports);
    const Address& previous = host.about.previous;
    previous == Address{} ? insert->bind_null(14) : insert->bind_blob(14, bytes_of(previous));
    host.more_open.empty() ? insert->bind_null(15) : insert->bind_blob(15, host.more_open);
    if (const Status done = insert->run(); !done) return done;
  }
  return Ok{};
}

/// The columns that version 2 had are unused in a row with packed changes, but must have a value.
Status write_changes(Database& database, std::span<const PackedChanges::Block> blocks) {
  if (blocks.empty()) return Ok{};
  auto insert = database.prepare(
      "INSERT INTO changes (number, id, time, kind, ip, port, transport, state, was, witnesses, "
      "alert, packed) VALUES ((SELECT ifnull(max(number), 0) FROM changes) + ?, "
      "'', ?, 0, x'', 0, 0, 0, 0, 0, 0, ?)");
  if (!insert) return insert.error();
  for (const PackedChanges::Block& block : blocks) {
    insert->bind(1, static_cast<std::int64_t>(block.changes)).bind(2, to_ns(block.last));
    insert->bind_blob(3, block.bytes);
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
  listener.on_begin();
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
                     .closed = host.closed ? host.closed->pack() : std::string{},
                     .more_open = host.more_open ? host.more_open->pack() : std::string{},
                     .ports = pack_ports(inventory, host)});
  }
}

Status write_batch(Database& database, const StateBatch& batch, ChangeListener* listener) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  Status status = batch.begun ? write_begun(database, *batch.begun) : Status(Ok{});
  if (status) status = write_hosts(database, batch);
  if (status && batch.complete) status = database.execute("DELETE FROM ports");
  if (status) status = write_contacts(database, batch);
  const std::span<const PackedChanges::Block> changes = batch.packed.blocks();
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
