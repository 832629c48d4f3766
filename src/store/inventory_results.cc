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

Sql is_in(const Sql& column, const Cidr& block) {
  return sql("({0} >= {1} AND {0} <= {2})", column, quoted(block.first()), quoted(block.last()));
}

/// The table, and the rows in it that prove something about a port.
Sql port_rows(const Scope& scope, const InventorySelection& selection, const Sql& outcome) {
  const bool days = scope.has_whole_days();
  Sql where = scope.where(days);
  if (selection.block) where = sql("{} AND {}", where, is_in(sql("resp_h"), *selection.block));
  return sql("{} WHERE {} AND {} IN ({}, {}, {}, {}, {}, {})",
             days ? sql("days") : sql("connections"), where, outcome, number_of(Outcome::Open),
             number_of(Outcome::Closed), number_of(Outcome::Reset), number_of(Outcome::Refused),
             number_of(Outcome::Unanswered), number_of(Outcome::Unreachable));
}

Sql outcome_of(const Scope& scope) {
  return scope.has_whole_days() ? sql("toInt8(outcome)")
                                : sql("if(direction_basis = 'socket', toInt8({}), toInt8(outcome))",
                                      number_of(Outcome::Midstream));
}

/// For each port: resp_h, resp_p, clients, attempts, successes, first proof, and the last time that
/// it was open, closed, unreachable and silent.
Sql ports_query(const Scope& scope, const InventorySelection& selection) {
  const bool days = scope.has_whole_days();
  const Sql outcome = outcome_of(scope);
  const Sql established = sql("{}, {}, {}", number_of(Outcome::Open), number_of(Outcome::Closed),
                              number_of(Outcome::Reset));
  const Sql n = days ? sql("connections") : sql("toUInt64(1)");
  const auto last_of = [&](const Sql& outcomes) {
    return days ? sql("maxMergeIf(last, {} IN ({}))", outcome, outcomes)
                : sql("maxIf(ts + greatest(duration, 0), {} IN ({}))", outcome, outcomes);
  };
  return sql(
      "SELECT hex(resp_h), resp_p, uniqExact(orig_h), sum({0}), sumIf({0}, {1} IN ({2})), {3}, "
      "{4}, {5}, {6}, {7} FROM {8} GROUP BY resp_h, resp_p ORDER BY resp_h, resp_p LIMIT {9} "
      "FORMAT TabSeparated",
      n, outcome, established, days ? sql("minMerge(first)") : sql("min(ts)"), last_of(established),
      last_of(number_of(Outcome::Refused)), last_of(number_of(Outcome::Unreachable)),
      last_of(number_of(Outcome::Unanswered)), port_rows(scope, selection, outcome), kMaxPorts);
}

Sql ports_count_query(const Scope& scope, const InventorySelection& selection) {
  return sql("SELECT uniqExact(resp_h, resp_p) FROM {} FORMAT TabSeparated",
             port_rows(scope, selection, outcome_of(scope)));
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

/// The conditions on rows of `changes`. The command itself selects ports.
Sql changes_where(const Scope& scope, const InventorySelection& selection) {
  Scope times = scope;
  times.nets.clear();
  times.ports.clear();
  if (selection.since && (!times.since || *times.since < *selection.since))
    times.since = selection.since;
  Sql where = times.where(false);
  if (selection.block) where = sql("{} AND {}", where, is_in(sql("host"), *selection.block));
  if (scope.nets.empty()) return where;
  Sql any = sql("0");
  for (const Cidr& net : scope.nets) any = sql("{} OR {}", any, is_in(sql("host"), net));
  return sql("{} AND ({})", where, any);
}

Sql changes_query(const Scope& scope, const InventorySelection& selection) {
  return sql(
      "SELECT id, ts, toInt8(kind), alert, hex(host), host_name, toString(host_cc), host_asn, "
      "toString(host_as_org), mac, toString(vendor), hex(previous), port, ip_proto, "
      "toInt8(state), toInt8(was), process, witnesses, ports, hex(client), evidence FROM "
      "changes FINAL WHERE {} ORDER BY ts DESC, id DESC LIMIT {} FORMAT TabSeparated",
      changes_where(scope, selection), kMaxChanges);
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
    summary.port = port >= 0 && port <= 0xFFFF ? static_cast<std::uint16_t>(port) : 0;
    summary.state = PortState::Open;
    summary.witnesses = c.port.witnesses;
  }
  c.client = row.address();
  c.evidence = row.text();
  return c;
}

/// How many rows a result lacks that has `rows`, of `limit` at most. `count` counts all.
Result<std::uint64_t> left_out(StoreSession& session, std::size_t rows, std::uint64_t limit,
                               const Sql& count) {
  if (rows < limit) return std::uint64_t{0};
  auto total = session.query(count);
  if (!total) return total.error();
  const std::uint64_t all = total->empty() ? rows : total->front().number();
  return all - std::min<std::uint64_t>(all, rows);
}

}  // namespace

Result<std::uint64_t> query_ports(StoreSession& session, const Scope& scope,
                                  const InventorySelection& selection, Inventory& inventory) {
  auto rows = session.query(ports_query(scope, selection));
  if (!rows) return rows.error();
  for (ResultRow& row : *rows) add_port(row, inventory);
  return left_out(session, rows->size(), kMaxPorts, ports_count_query(scope, selection));
}

Result<SelectedChanges> query_changes(StoreSession& session, const Scope& scope,
                                      const InventorySelection& selection) {
  auto rows = session.query(changes_query(scope, selection));
  if (!rows) return rows.error();
  SelectedChanges selected;
  for (auto row = rows->rbegin(); row != rows->rend(); ++row)
    selected.changes.push_back(change_of(*row));
  const auto missing =
      left_out(session, rows->size(), kMaxChanges,
               sql("SELECT count() FROM changes FINAL WHERE {} FORMAT TabSeparated",
                   changes_where(scope, selection)));
  if (!missing) return missing.error();
  selected.left_out = *missing;
  return selected;
}

}  // namespace synfin
