/// \file
/// The connection log's schema: the name, type and value of every column, shared by all formats.
///
/// A format is a type with one member function for each column type; visit_columns() calls them in
/// the order of the columns. Zeek's columns come first
/// (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html), then synfin's.
/// Tested in tests/unit/log/log_writer_test.cc.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "synfin/enrich/annotations.h"
#include "synfin/enrich/identifiers.h"
#include "synfin/track/connection.h"

namespace synfin {

/// Unset if `n` is 0, for fields in which 0 means "unknown".
constexpr std::optional<std::uint64_t> unless_zero(std::uint64_t n) {
  return n == 0 ? std::nullopt : std::optional{n};
}
constexpr std::optional<Duration> known(Duration d) {
  return d == kNoDuration ? std::nullopt : std::optional{d};
}
/// As in Zeek, a connection of one moment has no duration.
inline std::optional<Duration> lasting(const ConnectionRecord& r) {
  return r.last > r.first ? std::optional{r.duration()} : std::nullopt;
}
/// True for data in one moment, to which Zeek gives no sizes.
inline bool is_momentary_data(const ConnectionRecord& r) {
  return r.last <= r.first && (r.orig.bytes | r.resp.bytes) != 0;
}
/// Unset if the count is unknown.
inline std::optional<std::uint64_t> if_known(const ConnectionRecord& r, RecordCount count,
                                             std::uint64_t n) {
  return r.unknown.has(count) ? std::nullopt : std::optional{n};
}
/// The payload bytes of a side. Unset without a duration, as in Zeek; only Zeek's own format leaves
/// out data of one moment.
template <typename Format>
std::optional<std::uint64_t> size_of(const ConnectionRecord& r, RecordCount side) {
  const bool is_set = r.last > r.first || (Format::kHasMomentarySizes && is_momentary_data(r));
  const std::uint64_t bytes = side == RecordCount::OrigBytes ? r.orig.bytes : r.resp.bytes;
  return is_set ? if_known(r, side, bytes) : std::nullopt;
}
template <typename Format>
std::string_view bytes_basis_of(const ConnectionRecord& r) {
  const bool is_unset = !Format::kHasMomentarySizes && is_momentary_data(r);
  return to_string(is_unset ? BytesBasis::None : r.bytes_basis);
}
/// The name of `e`, or empty (unset) for Enum::None.
template <typename Enum>
std::string_view unless_none(Enum e) {
  return e == Enum::None ? std::string_view{} : to_string(e);
}

/// Unset if the record was read from a log without synfin's columns.
template <typename T>
std::optional<T> if_own(const ConnectionRecord& r, T value) {
  return r.own_columns ? std::optional{value} : std::nullopt;
}

/// "vxlan:42", "gre"; empty if the connection is not in a tunnel.
class TunnelName {
 public:
  explicit TunnelName(const Encapsulation& e) {
    if (e.tunnel == TunnelKind::None) return;
    put(to_string(e.tunnel));
    if (e.tunnel_id == 0) return;
    put(":");
    char* const number = text_.data() + size_;
    size_ = static_cast<std::size_t>(
        std::to_chars(number, text_.data() + text_.size(), e.tunnel_id).ptr - text_.data());
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  void put(std::string_view word) { size_ += word.copy(&text_[size_], text_.size() - size_); }

  std::array<char, 24> text_;
  std::size_t size_ = 0;
};

/// Calls `format` for each column of one record.
///
/// Column types: time, interval (seconds), addr, port, count, boolean, word (a fixed word or
/// history letters, which need no escaping), enumeration, text (hostile, must be escaped), set
/// (always unset). An empty word, text or optional is unset.
template <typename Format>
void visit_columns(Format& format, const ConnectionRecord& r, const Annotations& about) {
  format.time("ts", r.first);
  format.word("uid", Uid(r.tuple, r.first).view());
  format.addr("id.orig_h", r.tuple.orig.address);
  format.port("id.orig_p", r.tuple.orig.port);
  format.addr("id.resp_h", r.tuple.resp.address);
  format.port("id.resp_p", r.tuple.resp.port);
  format.enumeration("proto", to_string(r.tuple.transport));
  format.word("service", {});
  format.interval("duration", lasting(r));
  format.count("orig_bytes", size_of<Format>(r, RecordCount::OrigBytes));
  format.count("resp_bytes", size_of<Format>(r, RecordCount::RespBytes));
  format.word("conn_state", to_string(r.state));
  format.boolean("local_orig", about.orig.local);
  format.boolean("local_resp", about.resp.local);
  format.count("missed_bytes", if_known(r, RecordCount::MissedBytes, r.missed_bytes));
  format.word("history", r.history.view());
  format.count("orig_pkts", if_known(r, RecordCount::OrigPackets, r.orig.packets));
  format.count("orig_ip_bytes", if_known(r, RecordCount::OrigIpBytes, r.orig.ip_bytes));
  format.count("resp_pkts", if_known(r, RecordCount::RespPackets, r.resp.packets));
  format.count("resp_ip_bytes", if_known(r, RecordCount::RespIpBytes, r.resp.ip_bytes));
  format.set("tunnel_parents");
  format.count("ip_proto", protocol_number(r.tuple.transport));

  format.word("outcome", to_string(r.outcome));
  format.word("community_id", CommunityId(r.tuple).view());
  format.interval("synack_rtt", known(r.synack_rtt));
  format.interval("ack_rtt", known(r.ack_rtt));
  format.count("syn_retries", if_own(r, std::uint64_t{r.syn_retries}));
  format.word("closed_by", unless_none(r.closed_by));
  format.word("bytes_basis", bytes_basis_of<Format>(r));
  format.word("direction_basis", to_string(r.direction_basis));
  format.word("rst_basis", unless_none(r.rst_basis));
  format.text("port_name", about.port_name);
  format.count("vlan", unless_zero(r.encapsulation.vlan));
  format.word("tunnel", TunnelName(r.encapsulation).view());
  format.text("orig_name", about.orig.name);
  format.text("resp_name", about.resp.name);
  format.text("orig_cc", about.orig.country);
  format.text("resp_cc", about.resp.country);
  format.count("orig_asn", unless_zero(about.orig.asn));
  format.count("resp_asn", unless_zero(about.resp.asn));
  format.text("orig_as_org", about.orig.as_org);
  format.text("resp_as_org", about.resp.as_org);
  format.count("orig_pid", unless_zero(about.orig.pid));
  format.text("orig_user", about.orig.user);
  format.text("orig_exe", about.orig.exe);
  format.count("resp_pid", unless_zero(about.resp.pid));
  format.text("resp_user", about.resp.user);
  format.text("resp_exe", about.resp.exe);
  format.text("process_basis", about.process_basis);
  format.boolean("evicted", if_own(r, r.evicted));
  format.count("out_of_window", unless_zero(r.out_of_window));
  format.word("cause", unless_none(r.cause.cause));
  format.word("cause_confidence", unless_none(r.cause.confidence));
  if (r.cause.cause == Cause::None) return format.text("cause_evidence", {});
  format.text("cause_evidence", EvidenceText(r).view());
}

/// Name and Zeek type of a column.
struct LogColumn {
  std::string_view name;
  std::string_view type;
};

/// All columns in order.
std::vector<LogColumn> log_columns();

}  // namespace synfin
