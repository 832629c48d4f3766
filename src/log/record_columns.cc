// See record_columns.h.
#include "log/record_columns.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "log/evidence_reader.h"
#include "log/record_values.h"
#include "log/zeek_outcome.h"
#include "synfin/base/time_range.h"

namespace synfin {
namespace {

/// The value of `Enum` whose name is `text`.
template <typename Enum>
bool read_word(std::string_view text, int count, Enum& out) {
  for (int i = 0; i < count; ++i) {
    if (to_string(static_cast<Enum>(i)) != text) continue;
    out = static_cast<Enum>(i);
    return true;
  }
  return false;
}

bool read_bool(std::string_view text, bool& out) {
  out = text == "T" || text == "true";
  return out || text == "F" || text == "false";
}

/// Zeek's letters. A log is not written by this program, and other outputs print the letters as
/// they are.
bool read_history(std::string_view text, History& out) {
  const bool letters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '^';
  });
  if (letters) out.assign(text);
  return letters;
}

/// "vxlan:42", as TunnelName writes it.
bool read_tunnel(std::string_view text, Encapsulation& out) {
  const std::size_t colon = text.find(':');
  std::uint32_t id = 0;
  if (colon != text.npos && !read_number(text.substr(colon + 1), id)) return false;
  constexpr int kTunnelKinds = static_cast<int>(TunnelKind::EtherIp) + 1;
  TunnelKind kind{};
  if (!read_word(text.substr(0, colon), kTunnelKinds, kind)) return false;
  out.tunnel = kind;
  out.tunnel_id = id;
  return true;
}

bool read_proto(std::string_view text, RecordDraft& d) {
  d.is_tcp = text == "tcp" || text == "6";
  return true;
}

/// A word of a later version is unknown.
bool read_process_basis(RecordDraft& d, std::string_view text) {
  constexpr std::string_view kKnown[] = {"socket", "listener", "gone"};
  const auto* const found = std::find(std::begin(kKnown), std::end(kKnown), text);
  d.process_basis = found == std::end(kKnown) ? std::string_view{} : *found;
  return true;
}

using Set = bool (*)(RecordDraft&, std::string_view);

/// Stores a count into the member that `member` returns.
template <auto member>
bool set_count(RecordDraft& d, std::string_view text) {
  return read_number(text, member(d));
}
/// The same for a count that is unknown if no column has it.
template <RecordCount count, auto member>
bool set_known(RecordDraft& d, std::string_view text) {
  d.record.unknown.remove(count);
  return read_number(text, member(d));
}
template <auto member>
bool set_text(RecordDraft& d, std::string_view text) {
  member(d) = text;
  return true;
}
template <auto member>
bool set_interval(RecordDraft& d, std::string_view text) {
  if (!read_seconds(text, member(d)) || member(d) < Duration{}) return false;
  member(d) = std::min(member(d), kMaxTime - kMinTime);
  return true;
}

struct ColumnReader {
  std::string_view name;
  Set set;
};

#define SYNFIN_MEMBER(expression) \
  [](RecordDraft & d) -> auto& { return expression; }

constexpr ColumnReader kColumns[] = {
    {"ts",
     [](RecordDraft& d, std::string_view t) { return d.has_time = read_time(t, d.record.first); }},
    {"id.orig_h",
     [](RecordDraft& d, std::string_view t) {
       return d.has_orig = read_address(t, d.record.tuple.orig.address);
     }},
    {"id.orig_p", set_count<SYNFIN_MEMBER(d.record.tuple.orig.port)>},
    {"id.resp_h",
     [](RecordDraft& d, std::string_view t) {
       return d.has_resp = read_address(t, d.record.tuple.resp.address);
     }},
    {"id.resp_p", set_count<SYNFIN_MEMBER(d.record.tuple.resp.port)>},
    {"proto", [](RecordDraft& d, std::string_view t) { return read_proto(t, d); }},
    {"duration", set_interval<SYNFIN_MEMBER(d.duration)>},
    {"orig_bytes",
     [](RecordDraft& d, std::string_view t) {
       d.record.unknown.remove(RecordCount::OrigBytes);
       return d.has_bytes = read_number(t, d.record.orig.bytes);
     }},
    {"resp_bytes",
     [](RecordDraft& d, std::string_view t) {
       d.record.unknown.remove(RecordCount::RespBytes);
       return d.has_bytes = read_number(t, d.record.resp.bytes);
     }},
    {"conn_state",
     [](RecordDraft& d, std::string_view t) {
       return d.has_state = read_word(t, kConnStates, d.record.state);
     }},
    {"missed_bytes", set_known<RecordCount::MissedBytes, SYNFIN_MEMBER(d.record.missed_bytes)>},
    {"history",
     [](RecordDraft& d, std::string_view t) {
       const bool read = read_history(t, d.record.history);
       const History& history = d.record.history;
       d.record.retransmitted =
           history.shows_retransmission(Side::Orig) || history.shows_retransmission(Side::Resp);
       return read;
     }},
    {"orig_pkts", set_known<RecordCount::OrigPackets, SYNFIN_MEMBER(d.record.orig.packets)>},
    {"orig_ip_bytes", set_known<RecordCount::OrigIpBytes, SYNFIN_MEMBER(d.record.orig.ip_bytes)>},
    {"resp_pkts", set_known<RecordCount::RespPackets, SYNFIN_MEMBER(d.record.resp.packets)>},
    {"resp_ip_bytes", set_known<RecordCount::RespIpBytes, SYNFIN_MEMBER(d.record.resp.ip_bytes)>},
    {"outcome",
     [](RecordDraft& d, std::string_view t) {
       d.has_outcome = read_word(t, kOutcomes, d.record.outcome);
       return true;  // conn_state and history prove enough about a word of a later version
     }},
    {"synack_rtt", set_interval<SYNFIN_MEMBER(d.record.synack_rtt)>},
    {"ack_rtt", set_interval<SYNFIN_MEMBER(d.record.ack_rtt)>},
    {"syn_retries",
     [](RecordDraft& d, std::string_view t) {
       return d.has_retries = read_number(t, d.record.syn_retries);
     }},
    {"closed_by",
     [](RecordDraft& d, std::string_view t) { return read_word(t, 3, d.record.closed_by); }},
    {"bytes_basis",
     [](RecordDraft& d, std::string_view t) { return read_word(t, 7, d.record.bytes_basis); }},
    {"direction_basis",
     [](RecordDraft& d, std::string_view t) { return read_word(t, 5, d.record.direction_basis); }},
    {"rst_basis",
     [](RecordDraft& d, std::string_view t) { return read_word(t, 4, d.record.rst_basis); }},
    {"vlan",
     [](RecordDraft& d, std::string_view t) {
       std::uint16_t vlan = 0;
       const bool read = read_number(t, vlan) && vlan < 4096;
       if (read) d.record.encapsulation.vlan = vlan & 0xFFFu;
       return read;
     }},
    {"tunnel",
     [](RecordDraft& d, std::string_view t) { return read_tunnel(t, d.record.encapsulation); }},
    {"orig_name", set_text<SYNFIN_MEMBER(d.orig.name)>},
    {"resp_name", set_text<SYNFIN_MEMBER(d.resp.name)>},
    {"orig_cc", set_text<SYNFIN_MEMBER(d.orig.country)>},
    {"resp_cc", set_text<SYNFIN_MEMBER(d.resp.country)>},
    {"orig_asn", set_count<SYNFIN_MEMBER(d.orig.asn)>},
    {"resp_asn", set_count<SYNFIN_MEMBER(d.resp.asn)>},
    {"orig_as_org", set_text<SYNFIN_MEMBER(d.orig.as_org)>},
    {"resp_as_org", set_text<SYNFIN_MEMBER(d.resp.as_org)>},
    {"orig_pid", set_count<SYNFIN_MEMBER(d.orig.pid)>},
    {"orig_user", set_text<SYNFIN_MEMBER(d.orig.user)>},
    {"orig_exe", set_text<SYNFIN_MEMBER(d.orig.exe)>},
    {"resp_pid", set_count<SYNFIN_MEMBER(d.resp.pid)>},
    {"resp_user", set_text<SYNFIN_MEMBER(d.resp.user)>},
    {"resp_exe", set_text<SYNFIN_MEMBER(d.resp.exe)>},
    {"process_basis", read_process_basis},
    {"evicted", [](RecordDraft& d, std::string_view t) { return read_bool(t, d.record.evicted); }},
    {"out_of_window", set_count<SYNFIN_MEMBER(d.record.out_of_window)>},
    {"cause",
     [](RecordDraft& d, std::string_view t) {
       read_word(t, kCauses, d.record.cause.cause);
       return true;  // a cause of a later version is unknown
     }},
    {"cause_confidence",
     [](RecordDraft& d, std::string_view t) {
       return read_word(t, 4, d.record.cause.confidence);
     }},
    {"cause_evidence",
     [](RecordDraft& d, std::string_view t) {
       read_evidence(t, d.record);
       return true;
     }},
};
#undef SYNFIN_MEMBER
static_assert(std::size(kColumns) <= 64, "KnownColumns has a bit for each");

/// Columns that follow from others, that Zeek alone fills, or that describe the host on which the
/// log was written.
constexpr std::string_view kDerived[] = {"uid",        "service",        "local_orig",
                                         "local_resp", "tunnel_parents", "ip_proto",
                                         "port_name",  "community_id"};

}  // namespace

RecordColumn find_record_column(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kColumns); ++i) {
    if (kColumns[i].name == name) return static_cast<RecordColumn>(i);
  }
  return kSkippedColumn;
}

bool is_derived_column(std::string_view name) {
  return std::find(std::begin(kDerived), std::end(kDerived), name) != std::end(kDerived);
}

bool KnownColumns::has(std::string_view name) const {
  const RecordColumn column = find_record_column(name);
  return column != kSkippedColumn && (bits >> column & 1) != 0;
}

bool KnownColumns::is_connection_log() const {
  return std::ranges::all_of(kRequiredColumns, [this](std::string_view name) { return has(name); });
}

bool set_column(RecordDraft& draft, RecordColumn column, std::string_view text) {
  return kColumns[column].set(draft, text);
}

bool complete(RecordDraft& d) {
  ConnectionRecord& r = d.record;
  if (!d.has_time || !d.has_orig || !d.has_resp || !d.has_state) return false;
  r.first = std::clamp(r.first, kMinTime, kMaxTime);  // as those of packets
  r.last = std::min(saturating_add(r.first, d.duration), kMaxTime);
  r.own_columns = d.has_retries;
  if (d.has_outcome) return true;
  r.bytes_basis = d.has_bytes ? BytesBasis::Seen : BytesBasis::None;
  derive_outcome(r);
  return true;
}

}  // namespace synfin
