/// \file
/// The tables that sensors write to, and the rows of those that hold no connections.
///
/// Each visit_columns() names columns and values as that of columns.h does, with the same formats.
/// Tested in tests/unit/store/columns_test.cc and, by a server, in tests/store/.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "store/columns.h"
#include "synfin/base/capture_info.h"
#include "synfin/inventory/change.h"

namespace synfin {

enum class StoreTable : std::uint8_t {
  Connections,      ///< one row for each record, exactly once
  OpenConnections,  ///< connections that last, once a minute until they end
  Changes,          ///< of the inventory
  Counters,         ///< packets of each minute
  Gaps,             ///< what the capture or the spool missed
  Runs,             ///< the ledger of each run
};
inline constexpr int kStoreTables = 6;

/// "connections", "open_connections", …
std::string_view to_string(StoreTable table);

/// A row of open_connections: a connection as it was at `seen`. Once the connection has ended, a
/// row with `ended` replaces its others.
struct OpenRow {
  const ConnectionRecord& connection;
  const Annotations& about;
  Timestamp seen{};
  bool ended = false;
};

/// A row of counters: what happened since the row before it.
struct CounterRow {
  Timestamp time{};  ///< the end of the interval
  Ledger ledger;
  std::uint64_t open = 0;  ///< connections at that time
  /// Of these, how many the last snapshot for open_connections had no room for.
  std::uint64_t open_skipped = 0;
  std::uint64_t records = 0;   ///< connections that ended
  std::uint64_t unstored = 0;  ///< rows that the spool had no room for
};

/// A row of gaps.
struct GapRow {
  Timestamp time{};
  std::string_view sentence;
  std::uint64_t unstored = 0;  ///< rows that the spool did not take; 0: packets were missed
};

/// A row of runs.
struct RunRow {
  Timestamp began{};
  Timestamp ended{};
  bool live = false;
  const CaptureInfo& capture;
};

template <typename Format>
void visit_columns(Format& f, const RowOrigin& origin, const OpenRow& row) {
  visit_columns(f, origin, row.connection, row.about);
  f.number("seen", to_ns(row.seen));
  f.flag("ended", row.ended);
}

template <typename Format>
void visit_columns(Format& f, const RowOrigin& origin, const Change& c) {
  f.day("day", day_of(c.time));
  f.number("ts", to_ns(c.time));
  f.same("sensor", origin.sensor);
  f.text("id", c.id);
  f.template word<kChangeKinds>("kind", c.kind);
  f.flag("alert", c.alert);
  f.address("host", c.host.ip);
  f.text("host_name", c.host.name);
  f.few("host_cc", c.host.country);
  f.number("host_asn", c.host.asn);
  f.few("host_as_org", c.host.as_org);
  f.text("mac", c.host.mac);
  f.few("vendor", c.host.vendor);
  f.address("previous", c.host.previous);
  f.number("port", c.port.port);
  f.number("ip_proto", protocol_number(c.port.transport));
  f.few("port_name", c.port.name);
  f.template word<kPortStates>("state", c.port.state);
  f.template word<kPortStates>("was", c.port.was);
  f.text("process", c.port.process);
  f.number("witnesses", c.port.witnesses);
  std::vector<std::uint16_t> ports;
  for (const PortSummary& port : c.ports) ports.push_back(port.port);
  f.numbers("ports", ports);
  f.address("client", c.client);
  f.text("evidence", c.evidence);
}

template <typename Format>
void visit_columns(Format& f, const RowOrigin& origin, const CounterRow& row) {
  f.day("day", day_of(row.time));
  f.number("ts", to_ns(row.time));
  f.same("sensor", origin.sensor);
  f.number("stream", origin.stream);
  for (const LedgerFigure& figure : kLedgerFigures)
    f.number(figure.name, row.ledger.*figure.member);
  f.number("dropped", row.ledger.dropped_packets());
  f.number("open", row.open);
  f.number("open_skipped", row.open_skipped);
  f.number("records", row.records);
  f.number("unstored", row.unstored);
}

template <typename Format>
void visit_columns(Format& f, const RowOrigin& origin, const GapRow& row) {
  f.day("day", day_of(row.time));
  f.number("ts", to_ns(row.time));
  f.same("sensor", origin.sensor);
  f.number("stream", origin.stream);
  f.text("sentence", row.sentence);
  f.number("unstored", row.unstored);
}

template <typename Format>
void visit_columns(Format& f, const RowOrigin& origin, const RunRow& row) {
  const CaptureInfo& c = row.capture;
  f.day("day", day_of(row.began));
  f.number("began", to_ns(row.began));
  f.number("ended", to_ns(row.ended));
  f.same("sensor", origin.sensor);
  f.number("stream", origin.stream);
  f.flag("live", row.live);
  f.flag("interrupted", c.interrupted);
  f.few("mode", c.scope == PacketScope::All ? "all" : "control");
  f.texts("sources", c.sources);
  f.text("filter", c.filter);
  f.texts("link_types", c.link_types);
  f.number("first_packet", c.any_used() ? to_ns(c.first_packet) : std::int64_t{0});
  f.number("last_packet", c.any_used() ? to_ns(c.last_packet) : std::int64_t{0});
  for (const LedgerFigure& figure : kLedgerFigures) f.number(figure.name, c.ledger.*figure.member);
  f.number("forged_rst", c.forged_rst);
  f.number("out_of_window", c.out_of_window);
  f.number("log_records", c.log ? c.log->records : std::uint64_t{0});
  f.texts("damage", c.damage);
}

/// The columns of a table in order.
std::vector<StoreColumn> columns_of(StoreTable table);

}  // namespace synfin
