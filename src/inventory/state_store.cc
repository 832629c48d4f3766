// See state_store.h.
#include "inventory/state_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

Address address_of(std::string_view bytes) {
  if (bytes.size() != 16) return {};
  return Address::load_v6(reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

template <typename Enum>
Enum enum_of(std::int64_t value, int count) {
  return static_cast<Enum>(value >= 0 && value < count ? value : 0);
}

template <typename Number>
Number clamped(std::int64_t value) {
  constexpr std::int64_t kMax = std::numeric_limits<Number>::max();
  return static_cast<Number>(std::clamp<std::int64_t>(value, 0, kMax));
}

void read_about(const Statement& row, int column, HostSummary& about) {
  about.name = row.text(column);
  about.country = row.text(column + 1);
  about.asn = clamped<std::uint32_t>(row.integer(column + 2));
  about.as_org = row.text(column + 3);
  about.mac = row.text(column + 4);
  about.vendor = row.text(column + 5);
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

std::uint32_t take_number(std::string_view& text) {
  std::uint32_t number = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    number = number * 10 + static_cast<std::uint32_t>(text[0] - '0');
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

std::vector<PortSummary> unpack_ports(std::string_view text) {
  std::vector<PortSummary> ports;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    PortSummary& port = ports.emplace_back();
    port.port = static_cast<std::uint16_t>(take_number(line));
    port.transport = static_cast<Transport>(take_number(line));
    port.state = enum_of<PortState>(take_number(line), kPortStates);
    port.witnesses = take_number(line);
    port.process = line;
  }
  return ports;
}

Status load_hosts(Database& database, Inventory& inventory) {
  auto rows = database.prepare(
      "SELECT id, ip, first_seen, last_seen, announced, closed, name, country, asn, as_org, mac, "
      "vendor FROM hosts ORDER BY id");
  if (!rows) return rows.error();
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return Ok{};
    const Address ip = address_of(rows->text(1));
    HostEntry* const host = inventory.table().find(ip) ? nullptr : inventory.table().add(ip);
    if (host == nullptr || host->id != rows->integer(0))
      return Error{fmt::format("state file {}: its hosts contradict each other", database.path())};
    host->first_seen = timestamp_from_ns(rows->integer(2));
    host->last_seen = timestamp_from_ns(rows->integer(3));
    host->announced = rows->integer(4) != 0;
    if (!rows->text(5).empty())
      host->closed = std::make_unique<PortRanges>(PortRanges::unpack(rows->text(5)));
    if (rows->text(6).empty() && rows->text(7).empty() && rows->integer(8) == 0) continue;
    host->about = std::make_unique<HostSummary>();
    host->about->ip = ip;
    read_about(*rows, 6, *host->about);
  }
}

void load_port(const Statement& row, Inventory& inventory, HostEntry& host) {
  PortEntry& port = host.ports.emplace_back();
  port.key = clamped<std::uint32_t>(row.integer(1));
  port.state = enum_of<PortState>(row.integer(2), kPortStates);
  port.was = enum_of<PortState>(row.integer(3), kPortStates);
  port.opened = row.integer(4) != 0;
  port.first_proof = timestamp_from_ns(row.integer(5));
  port.last_proof = timestamp_from_ns(row.integer(6));
  port.last_change = timestamp_from_ns(row.integer(7));
  port.attempts = clamped<std::uint32_t>(row.integer(8));
  port.successes = clamped<std::uint32_t>(row.integer(9));
  port.flips = clamped<std::uint8_t>(row.integer(11));
  port.icmp = clamped<std::uint8_t>(row.integer(12));
  port.process = inventory.process_number(row.text(13));
  const auto witnesses = clamped<std::uint32_t>(row.integer(10));
  if (witnesses != 0)
    port.evidence = std::make_unique<PortEvidence>(PortEvidence::unpack(row.text(14), witnesses));
  host.open_ports += port.state == PortState::Open;
  host.idle_ports += !port.opened;
}

Status load_ports(Database& database, Inventory& inventory) {
  const std::size_t hosts = inventory.table().hosts().size();
  auto rows = database.prepare(
      "SELECT host, key, state, was, opened, first_proof, last_proof, last_change, attempts, "
      "successes, witnesses, flips, icmp, process, evidence FROM ports ORDER BY host, key");
  if (!rows) return rows.error();
  HostEntry* last = nullptr;  // the host whose ports are being read
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) break;
    const std::int64_t id = rows->integer(0);
    if (id < 1 || static_cast<std::uint64_t>(id) > hosts) continue;
    HostEntry& host = inventory.table().at(static_cast<std::uint32_t>(id));
    if (&host != last && last != nullptr) last->ports.shrink_to_fit();
    last = &host;
    load_port(*rows, inventory, host);
  }
  return Ok{};
}

Status load_contacts(Database& database, Inventory& inventory) {
  if (!inventory.wants_contacts()) return Ok{};
  auto rows = database.prepare("SELECT key FROM contacts");
  if (!rows) return rows.error();
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return Ok{};
    inventory.add_contact(static_cast<std::uint64_t>(rows->integer(0)));
  }
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

Result<std::int64_t> number_of(Database& database, const char* sql) {
  auto row = database.prepare(sql);
  if (!row) return row.error();
  const auto found = row->step();
  if (!found) return found.error();
  return *found ? row->integer(0) : 0;
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

constexpr const char* kChangeColumns =
    "id, time, kind, ip, port, transport, state, was, witnesses, alert, evidence, process, client, "
    "ports, name, country, asn, as_org, mac, vendor";

constexpr const char* kUndigested =
    "AND number > (SELECT ifnull(max(last_change), 0) FROM digests)";

Status write_changes(Database& database, const std::vector<Change>& changes) {
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

Change read_change(const Statement& row) {
  Change change;
  change.id = row.text(0);
  change.time = timestamp_from_ns(row.integer(1));
  change.kind = enum_of<ChangeKind>(row.integer(2), kChangeKinds);
  change.host.ip = address_of(row.text(3));
  change.port.port = clamped<std::uint16_t>(row.integer(4));
  change.port.transport = static_cast<Transport>(clamped<std::uint8_t>(row.integer(5)));
  change.port.state = enum_of<PortState>(row.integer(6), kPortStates);
  change.port.was = enum_of<PortState>(row.integer(7), kPortStates);
  change.port.witnesses = clamped<std::uint32_t>(row.integer(8));
  change.alert = row.integer(9) != 0;
  change.evidence = row.text(10);
  change.port.process = row.text(11);
  change.client = address_of(row.text(12));
  change.ports = unpack_ports(row.text(13));
  read_about(row, 14, change.host);
  return change;
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

Result<StateFigures> load_state(Database& database, Inventory& inventory) {
  if (const Status loaded = load_hosts(database, inventory); !loaded) return loaded.error();
  if (const Status loaded = load_ports(database, inventory); !loaded) return loaded.error();
  if (const Status loaded = load_contacts(database, inventory); !loaded) return loaded.error();
  StateFigures figures;
  const std::array queries = {"SELECT value FROM meta WHERE key = 'begun'",
                              "SELECT max(to_time) FROM digests", "SELECT max(number) FROM digests",
                              "SELECT max(number) FROM changes"};
  std::array<std::int64_t, queries.size()> values{};
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto value = number_of(database, queries[i]);
    if (!value) return value.error();
    values[i] = *value;
  }
  figures.begun = timestamp_from_ns(values[0]);
  figures.last_digest = timestamp_from_ns(values[1]);
  figures.digests = static_cast<std::uint64_t>(values[2]);
  figures.changes = static_cast<std::uint64_t>(values[3]);
  auto undigested = read_changes(database, {.undigested = true});
  if (!undigested) return undigested.error();
  figures.undigested = std::move(*undigested);
  return figures;
}

Result<std::vector<Change>> read_changes(Database& database, const ChangeQuery& query) {
  auto rows = database.prepare(fmt::format("SELECT {} FROM changes WHERE time >= ? {} ORDER BY {}",
                                           kChangeColumns, query.undigested ? kUndigested : "",
                                           query.undigested ? "number" : "time, number"));
  if (!rows) return rows.error();
  rows->bind(1, query.since ? to_ns(*query.since) : std::numeric_limits<std::int64_t>::min());
  std::vector<Change> changes;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return changes;
    changes.push_back(read_change(*rows));
  }
}

Result<std::optional<Digest>> read_last_digest(Database& database) {
  auto row = database.prepare(
      "SELECT id, from_time, to_time, hosts, ports, changes FROM digests "
      "ORDER BY number DESC LIMIT 1");
  if (!row) return row.error();
  const auto found = row->step();
  if (!found) return found.error();
  if (!*found) return std::optional<Digest>{};
  Digest digest;
  digest.id = row->text(0);
  digest.from = timestamp_from_ns(row->integer(1));
  digest.to = timestamp_from_ns(row->integer(2));
  digest.hosts_total = static_cast<std::uint64_t>(row->integer(3));
  digest.ports_total = static_cast<std::uint64_t>(row->integer(4));
  digest.changes_total = static_cast<std::uint64_t>(row->integer(5));
  return std::optional<Digest>(std::move(digest));
}

Status write_batch(Database& database, const StateBatch& batch, ChangeListener* listener) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  Status status = batch.begun ? write_begun(database, *batch.begun) : Status(Ok{});
  if (status) status = write_hosts(database, batch);
  if (status) status = write_ports(database, batch);
  if (status) status = write_contacts(database, batch);
  if (status) status = write_changes(database, batch.changes);
  if (status && batch.digest) status = write_digest(database, batch);
  if (status && listener != nullptr) status = notify(database, batch, *listener);
  if (status) status = transaction->commit();
  if (status && listener != nullptr) listener->on_commit();
  return status;
}

}  // namespace synfin
