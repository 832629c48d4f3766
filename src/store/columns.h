/// \file
/// The columns of the table `connections`: name, type and value of each, in one place.
///
/// A format is a type with one member function for each kind of column; visit_columns() calls them
/// in the order of the columns. RowBlock::Writer stores the values, and ColumnTypes collects names
/// and types. Tested in tests/unit/store/columns_test.cc and, by a server, in tests/store/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/enrich/annotations.h"
#include "synfin/enrich/identifiers.h"
#include "synfin/track/connection.h"

namespace synfin {

/// The origin of a row. `stream` identifies the run that wrote it, and `batch` grows within a
/// stream.
struct RowOrigin {
  std::string_view sensor;
  std::uint32_t stream = 0;
  std::uint64_t batch = 0;
  bool notable = false;  ///< see notable.h
};

constexpr std::int64_t kNanosPerDay = std::int64_t{86'400} * 1'000'000'000;

/// Days since 1970 in UTC, the type Date, which begins there and ends in 2149.
constexpr std::uint16_t day_of(Timestamp t) {
  const std::int64_t days = to_ns(t) / kNanosPerDay;
  return static_cast<std::uint16_t>(days < 0 ? 0 : days > 65'535 ? 65'535 : days);
}

/// -1: unknown.
constexpr std::int64_t nanos_or_unknown(Duration d) {
  return d == kNoDuration ? -1 : static_cast<std::int64_t>(d.count());
}

/// -1: unknown.
constexpr std::int8_t truth(std::optional<bool> value) {
  return value ? static_cast<std::int8_t>(*value ? 1 : 0) : std::int8_t{-1};
}

/// "vxlan:42", "gre"; empty if the connection is not in a tunnel.
std::string tunnel_text(const Encapsulation& e);

/// Kinds of columns: number (any integer), word (an enumeration, by number), text (hostile), `few`
/// (texts of which a table has few different ones), `same` (a text that is the same in a whole
/// batch), hash (a text of a fixed size that looks random), address (16 bytes). Times and durations
/// are nanoseconds; -1 is an unknown duration, and 0 an unknown number.
template <typename Format>
void visit_columns(Format& f, const RowOrigin& origin, const ConnectionRecord& r,
                   const Annotations& about) {
  f.day("day", day_of(r.first));
  f.number("ts", to_ns(r.first));
  f.same("sensor", origin.sensor);
  f.number("stream", origin.stream);
  f.number("batch", origin.batch);
  f.template hash<18>("uid", Uid(r.tuple, r.first).view());
  f.number("ip_proto", protocol_number(r.tuple.transport));
  f.address("orig_h", r.tuple.orig.address);
  f.number("orig_p", r.tuple.orig.port);
  f.address("resp_h", r.tuple.resp.address);
  f.number("resp_p", r.tuple.resp.port);
  f.number("duration", nanos_or_unknown(r.last > r.first ? r.duration() : kNoDuration));
  f.number("orig_bytes", r.orig.bytes);
  f.number("resp_bytes", r.resp.bytes);
  f.number("orig_pkts", r.orig.packets);
  f.number("orig_ip_bytes", r.orig.ip_bytes);
  f.number("resp_pkts", r.resp.packets);
  f.number("resp_ip_bytes", r.resp.ip_bytes);
  f.number("missed_bytes", r.missed_bytes);
  f.number("out_of_window", r.out_of_window);
  f.template word<kConnStates>("conn_state", r.state);
  f.template word<kOutcomes>("outcome", r.outcome);
  f.few("history", r.history.view());
  f.number("synack_rtt", nanos_or_unknown(r.synack_rtt));
  f.number("ack_rtt", nanos_or_unknown(r.ack_rtt));
  f.number("idle", nanos_or_unknown(r.idle));
  f.number("syn_retries", r.syn_retries);
  f.template word<3>("closed_by", r.closed_by);
  f.template word<7>("bytes_basis", r.bytes_basis);
  f.template word<5>("direction_basis", r.direction_basis);
  f.template word<4>("rst_basis", r.rst_basis);
  f.template word<kProbes>("probe", r.probe);
  f.template word<kCauses>("cause", r.cause.cause);
  f.template word<4>("cause_confidence", r.cause.confidence);
  if (r.cause.cause == Cause::None) {
    f.text("cause_evidence", {});
  } else {
    f.text("cause_evidence", EvidenceText(r).view());
  }
  f.flag("retransmitted", r.retransmitted);
  f.flag("evicted", r.evicted);
  f.flag("reused", r.reused);
  f.flag("notable", origin.notable);
  f.flag("carries_data", r.orig.bytes + r.resp.bytes > 0);  // see aggregates.cc
  f.flag("own_columns", r.own_columns);
  f.number("end_ttl", r.end_ttl);
  f.number("icmp_type", r.icmp_type);
  f.number("icmp_code", r.icmp_code);
  f.number("answer_ttl", r.answer_ttl);
  f.number("vlan", static_cast<std::uint16_t>(r.encapsulation.vlan));
  f.few("tunnel", tunnel_text(r.encapsulation));
  f.few("port_name", about.port_name);
  f.few("process_basis", about.process_basis);
  for (const bool orig : {true, false}) {
    const EndpointAnnotations& end = orig ? about.orig : about.resp;
    f.number(orig ? "orig_local" : "resp_local", truth(end.local));
    f.text(orig ? "orig_name" : "resp_name", end.name);
    f.few(orig ? "orig_cc" : "resp_cc", end.country);
    f.number(orig ? "orig_asn" : "resp_asn", end.asn);
    f.few(orig ? "orig_as_org" : "resp_as_org", end.as_org);
    f.number(orig ? "orig_pid" : "resp_pid", end.pid);
    f.few(orig ? "orig_user" : "resp_user", end.user);
    f.few(orig ? "orig_exe" : "resp_exe", end.exe);
    f.few(orig ? "orig_unit" : "resp_unit", end.unit);
    f.text(orig ? "orig_cmdline" : "resp_cmdline", end.cmdline);
  }
}

/// A column of a table.
struct StoreColumn {
  std::string name;
  std::string type;       ///< "LowCardinality(String)"
  std::size_t width = 0;  ///< bytes per row; 0: texts of any length
  bool distinct = false;  ///< each text is written once in a batch
  bool random = false;    ///< compression would only take time
};

/// Collects names and types.
class ColumnTypes {
 public:
  void day(std::string_view name, std::uint16_t days) { add(name, "Date", sizeof days); }
  template <typename Number>
  void number(std::string_view name, Number) {
    add(name,
        std::string(std::is_signed_v<Number> ? "Int" : "UInt") + std::to_string(sizeof(Number) * 8),
        sizeof(Number));
  }
  void flag(std::string_view name, bool) { add(name, "UInt8", 1); }
  template <int Count, typename Enum>
  void word(std::string_view name, Enum) {
    std::string type = "Enum8(";
    for (int i = 0; i < Count; ++i) {
      type += i == 0 ? "'" : ", '";
      type += to_string(static_cast<Enum>(i));
      type += "' = " + std::to_string(i);
    }
    add(name, type + ")", 1);
  }
  void few(std::string_view name, std::string_view) {
    add(name, "LowCardinality(String)", sizeof(std::uint16_t), true);
  }
  void same(std::string_view name, std::string_view text) { few(name, text); }
  void text(std::string_view name, std::string_view) { add(name, "String", 0); }
  template <std::size_t Size>
  void hash(std::string_view name, std::string_view) {
    add(name, "FixedString(" + std::to_string(Size) + ")", Size);
    columns.back().random = true;
  }
  template <typename Texts>
  void texts(std::string_view name, const Texts&) {
    add(name, "Array(String)", sizeof(std::uint64_t));
  }
  template <typename Numbers>
  void numbers(std::string_view name, const Numbers&) {
    add(name, "Array(UInt" + std::to_string(sizeof(typename Numbers::value_type) * 8) + ")",
        sizeof(std::uint64_t));
  }
  void address(std::string_view name, const Address&) { add(name, "FixedString(16)", 16); }

  std::vector<StoreColumn> columns;

 private:
  void add(std::string_view name, std::string type, std::size_t width, bool distinct = false) {
    columns.push_back({std::string(name), std::move(type), width, distinct});
  }
};

/// The columns of `connections` in order.
std::vector<StoreColumn> connection_columns();

}  // namespace synfin
