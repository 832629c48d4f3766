// Reading the state file. See state_store.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inventory/port_ranges.h"
#include "inventory/state_store.h"

namespace synfin {
namespace {

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

std::uint32_t take_number(std::string_view& text) {
  std::uint32_t number = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    number = number * 10 + static_cast<std::uint32_t>(text[0] - '0');
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

std::vector<PortSummary> unpack_port_lines(std::string_view text) {
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

Result<std::int64_t> number_of(Database& database, const char* sql) {
  auto row = database.prepare(sql);
  if (!row) return row.error();
  const auto found = row->step();
  if (!found) return found.error();
  return *found ? row->integer(0) : 0;
}

/// True if the schema has a column of hosts. Version 3 has added "ports", version 4 "more_open". A
/// reader does not change the schema of a file.
Result<bool> has_column(Database& database, std::string_view name) {
  const auto columns = number_of(
      database,
      fmt::format("SELECT count(*) FROM pragma_table_info('hosts') WHERE name = '{}'", name)
          .c_str());
  if (!columns) return columns.error();
  return *columns != 0;
}

/// A set of ports, of which a host of an earlier version may have too many ranges.
std::unique_ptr<PortRanges> ranges_of(std::string_view bytes) {
  if (bytes.empty()) return nullptr;
  return std::make_unique<PortRanges>(PortRanges::unpack(bytes, HostTable::kMaxRanges));
}

Status load_hosts(Database& database, Inventory& inventory, bool packed) {
  const auto more_open = has_column(database, "more_open");
  if (!more_open) return more_open.error();
  const auto count = number_of(database, "SELECT count(*) FROM hosts");
  if (!count) return count.error();
  inventory.table().reserve(static_cast<std::size_t>(std::max<std::int64_t>(*count, 0)));
  auto rows = database.prepare(fmt::format(
      "SELECT id, ip, first_seen, last_seen, announced, closed, name, country, asn, as_org, mac, "
      "vendor, {}, {} FROM hosts ORDER BY id",
      packed ? "ports, previous" : "NULL, NULL", *more_open ? "more_open" : "NULL"));
  if (!rows) return rows.error();
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return Ok{};
    const Address ip = address_of(rows->text(1));
    HostEntry* const host = inventory.table().find(ip) ? nullptr : inventory.table().add(ip);
    if (host == nullptr || host->id != rows->integer(0))
      return Error{fmt::format("state file {}: its hosts contradict each other", database.path())};
    host->closed = ranges_of(rows->text(5));
    host->more_open = ranges_of(rows->text(14));
    if (!unpack_ports(rows->text(12), inventory, *host))
      return Error{fmt::format("state file {}: its ports are damaged", database.path())};
    host->first_seen = timestamp_from_ns(rows->integer(2));
    host->last_seen = timestamp_from_ns(rows->integer(3));
    host->announced = rows->integer(4) != 0;
    const bool has_mac = !rows->text(10).empty();
    if (rows->text(6).empty() && rows->text(7).empty() && rows->integer(8) == 0 && !has_mac)
      continue;
    host->about = std::make_unique<HostSummary>();
    host->about->ip = ip;
    read_about(*rows, 6, *host->about);
    host->about->previous = address_of(rows->text(13));
    inventory.restore_device(*host);
  }
}

void load_port(const Statement& row, Inventory& inventory, HostEntry& host) {
  PortEntry port;
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
  if (witnesses != 0) port.evidence = PortEvidence::unpack(row.text(14), witnesses);
  inventory.table().restore_port(host, std::move(port));
}

/// Ports that versions 1 and 2 of the schema stored as rows. Their hosts then differ from the file.
Status load_ports(Database& database, Inventory& inventory, bool& any) {
  const std::size_t hosts = inventory.table().hosts().size();
  auto rows = database.prepare(
      "SELECT host, key, state, was, opened, first_proof, last_proof, last_change, attempts, "
      "successes, witnesses, flips, icmp, process, evidence FROM ports ORDER BY host, key");
  if (!rows) return rows.error();
  const HostEntry* last = nullptr;  // the host whose ports are being read
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) break;
    const std::int64_t id = rows->integer(0);
    if (id < 1 || static_cast<std::uint64_t>(id) > hosts) continue;
    HostEntry& host = inventory.table().at(static_cast<std::uint32_t>(id));
    if (&host != last) inventory.table().touch(host);
    last = &host;
    any = true;
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

constexpr const char* kUndigested =
    "AND number > (SELECT ifnull(max(last_change), 0) FROM digests)";

/// The columns of a change that is a row of its own, as versions 1 and 2 of the schema had it.
constexpr const char* kChangeColumns =
    "id, time, kind, ip, port, transport, state, was, witnesses, alert, evidence, process, client, "
    "ports, name, country, asn, as_org, mac, vendor";

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
  change.ports = unpack_port_lines(row.text(13));
  read_about(row, 14, change.host);
  return change;
}

}  // namespace

Result<StateFigures> load_state(Database& database, Inventory& inventory) {
  StateFigures figures;
  const auto packed = has_column(database, "ports");
  if (!packed) return packed.error();
  if (const Status loaded = load_hosts(database, inventory, *packed); !loaded)
    return loaded.error();
  if (const Status loaded = load_ports(database, inventory, figures.old_ports); !loaded)
    return loaded.error();
  if (const Status loaded = load_contacts(database, inventory); !loaded) return loaded.error();
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
  const auto packed = has_column(database, "ports");
  if (!packed) return packed.error();
  auto rows = database.prepare(
      fmt::format("SELECT {}, {} FROM changes WHERE time >= ? {} ORDER BY number", kChangeColumns,
                  *packed ? "packed" : "NULL", query.undigested ? kUndigested : ""));
  if (!rows) return rows.error();
  constexpr Timestamp kAlways = timestamp_from_ns(std::numeric_limits<std::int64_t>::min());
  const Timestamp since = query.since.value_or(kAlways);
  rows->bind(1, to_ns(since));
  std::vector<Change> changes;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) break;
    if (rows->is_null(20)) {
      changes.push_back(read_change(*rows));
    } else if (!unpack_changes(rows->text(20), changes)) {
      return Error{fmt::format("state file {}: its changes are damaged", database.path())};
    }
  }
  std::erase_if(changes, [since](const Change& change) { return change.time < since; });
  if (!query.undigested) {
    std::stable_sort(changes.begin(), changes.end(),
                     [](const Change& a, const Change& b) { return a.time < b.time; });
  }
  return changes;
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

}  // namespace synfin
