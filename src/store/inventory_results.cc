// See inventory_results.h.
#include "store/inventory_results.h"

#include <algorithm>
#include <utility>

#include "store/result_rows.h"
#include "synfin/inventory/host_table.h"

namespace synfin {
namespace {

constexpr std::uint64_t kMaxPorts = 200'000, kMaxChanges = 100'000;

Sql number_of(Outcome o) { return sql("{}", static_cast<int>(o)); }

/// For each port: resp_h, resp_p, clients, attempts, successes, first proof, and the last time that
/// it was open, closed, unreachable and silent.
Sql ports_query(const Scope& scope) {
  const bool days = scope.has_whole_days();
  const Sql outcome = days ? sql("toInt8(outcome)")
                           : sql("if(direction_basis = 'socket', toInt8({}), toInt8(outcome))",
                                 number_of(Outcome::Midstream));
  const Sql established = sql("{}, {}, {}", number_of(Outcome::Open), number_of(Outcome::Closed),
                              number_of(Outcome::Reset));
  const Sql refused = number_of(Outcome::Refused), unanswered = number_of(Outcome::Unanswered),
            unreachable = number_of(Outcome::Unreachable);
  const Sql n = days ? sql("connections") : sql("toUInt64(1)");
  const auto last_of = [&](const Sql& outcomes) {
    return days ? sql("maxMergeIf(last, {} IN ({}))", outcome, outcomes)
                : sql("maxIf(ts + greatest(duration, 0), {} IN ({}))", outcome, outcomes);
  };
  return sql(
      "SELECT hex(resp_h), resp_p, uniqExact(orig_h), sum({0}), sumIf({0}, {1} IN ({10})), {2}, "
      "{3}, {4}, {5}, {6} FROM {7} WHERE {8} AND {1} IN ({10}, {11}, {12}, {13}) "
      "GROUP BY resp_h, resp_p ORDER BY resp_h, resp_p LIMIT {9} FORMAT TabSeparated",
      n, outcome, days ? sql("minMerge(first)") : sql("min(ts)"), last_of(established),
      last_of(refused), last_of(unreachable), last_of(unanswered),
      days ? sql("days") : sql("connections"), scope.where(days), kMaxPorts, established, refused,
      unanswered, unreachable);
}

PortState state_of(const Timestamp (&last)[4], Timestamp& proved) {
  constexpr PortState kStates[] = {PortState::Open, PortState::Closed, PortState::Unreachable,
                                   PortState::Silent};
  const auto* const latest = std::max_element(std::begin(last), std::end(last));
  proved = *latest;
  return kStates[latest - std::begin(last)];
}

/// The evidence of `clients` clients of which nothing else is known. Unpacks what the state file
/// has for them: no answers, the hash of the first client, and hashes of 16 clients or 64
/// registers.
PortEvidence evidence_of(std::uint32_t clients) {
  const std::size_t sketch = clients <= 1 ? 0 : clients > 16 ? 64 : clients * 4;
  return PortEvidence::unpack(std::string(1 + 4 + sketch, '\0'), clients);
}

void add_port(ResultRow& row, Inventory& inventory) {
  const Endpoint service = service_of(row);
  HostTable& table = inventory.table();
  HostEntry* host = table.find(service.address);
  if (host == nullptr) host = table.add(service.address);
  if (host == nullptr) return;
  PortEntry& port = host->add(static_cast<std::uint32_t>(service.port) << 8 |
                              static_cast<std::uint32_t>(Transport::Tcp));
  const std::uint64_t clients = row.number();
  constexpr std::uint64_t kMaxCount = 0xFFFFFFFF;
  port.attempts = static_cast<std::uint32_t>(std::min(row.number(), kMaxCount));
  port.successes = static_cast<std::uint32_t>(std::min(row.number(), kMaxCount));
  port.first_proof = row.time();
  Timestamp last[4];
  for (Timestamp& one : last) one = row.time();
  port.state = state_of(last, port.last_proof);
  port.last_change = port.first_proof;
  port.opened = port.successes != 0;
  port.evidence = evidence_of(static_cast<std::uint32_t>(std::min(clients, kMaxCount)));
  host->open_ports += port.state == PortState::Open;
  host->idle_ports += !port.opened;
  host->announced = true;
  if (host->first_seen == Timestamp{} || port.first_proof < host->first_seen)
    host->first_seen = port.first_proof;
  host->last_seen = std::max(host->last_seen, port.last_proof);
}

Sql changes_query(const Scope& scope, std::optional<Timestamp> since) {
  Scope times = scope;
  times.nets.clear();  // the command selects hosts and ports
  times.ports.clear();
  if (since) times.since = since;
  return sql(
      "SELECT id, ts, toInt8(kind), alert, hex(host), host_name, toString(host_cc), host_asn, "
      "toString(host_as_org), mac, toString(vendor), hex(previous), port, ip_proto, "
      "toInt8(state), toInt8(was), process, witnesses, ports, hex(client), evidence FROM "
      "changes FINAL WHERE {} ORDER BY ts, id LIMIT {} FORMAT TabSeparated",
      times.where(false), kMaxChanges);
}

Change change_of(ResultRow& row) {
  Change c;
  c.id = row.text();
  c.time = row.time();
  c.kind = enum_of<ChangeKind>(row.signed_number(), kChangeKinds);
  c.alert = row.number() != 0;
  c.host.ip = row.address();
  c.host.name = row.text();
  c.host.country = row.text();
  c.host.asn = static_cast<std::uint32_t>(row.number());
  c.host.as_org = row.text();
  c.host.mac = row.text();
  c.host.vendor = row.text();
  c.host.previous = row.address();
  c.port.port = static_cast<std::uint16_t>(row.number());
  (void)row.number();  // the protocol: the inventory has TCP only
  c.port.state = enum_of<PortState>(row.signed_number(), kPortStates);
  c.port.was = enum_of<PortState>(row.signed_number(), kPortStates);
  c.port.process = row.text();
  c.port.witnesses = static_cast<std::uint32_t>(row.number());
  for (const double port : row.numbers()) {
    PortSummary& summary = c.ports.emplace_back();
    summary.port = static_cast<std::uint16_t>(port);
    summary.state = PortState::Open;
    summary.witnesses = c.port.witnesses;
  }
  c.client = row.address();
  c.evidence = row.text();
  return c;
}

}  // namespace

Status query_ports(StoreSession& session, const Scope& scope, Inventory& inventory) {
  auto rows = session.query(ports_query(scope));
  if (!rows) return rows.error();
  for (ResultRow& row : *rows) add_port(row, inventory);
  return Ok{};
}

Result<std::vector<Change>> query_changes(StoreSession& session, const Scope& scope,
                                          std::optional<Timestamp> since) {
  auto rows = session.query(changes_query(scope, since));
  if (!rows) return rows.error();
  std::vector<Change> changes;
  for (ResultRow& row : *rows) changes.push_back(change_of(row));
  return changes;
}

}  // namespace synfin
