// See endpoint_rows.h.
#include "view/endpoint_rows.h"

#include <algorithm>

#include "synfin/report/format.h"

namespace synfin {
namespace {

void add_known(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

/// True if the peer has acknowledged this end's FIN.
bool fin_is_acknowledged(SocketState state) {
  return state == SocketState::FinWait2 || state == SocketState::TimeWait;
}

/// True if the peer's FIN has arrived.
bool fin_is_received(SocketState state) {
  return state == SocketState::CloseWait || state == SocketState::LastAck ||
         state == SocketState::Closing || state == SocketState::TimeWait;
}

/// The shorter of two durations, either of which may be unknown.
Duration shorter(Duration a, Duration b) {
  if (a == kNoDuration || b == kNoDuration) return a == kNoDuration ? b : a;
  return std::min(a, b);
}

}  // namespace

LiveConnection LiveConnection::of(const OpenConnection& open, bool inbound, const OpenTraffic& all,
                                  Timestamp now) {
  return {.orig = open.tuple.orig,
          .resp = open.tuple.resp,
          .state = to_string(inbound ? at_other_end(open.phase) : open.phase),
          .last = open.last,
          .sent = open.orig,
          .received = open.resp,
          .idle = open.idle(now),
          .idle_at_most = all.scope() == PacketScope::Control,
          .rtt = open.rtt};
}

LiveConnection LiveConnection::of(const HostSocket& s, bool inbound, Timestamp now) {
  LiveConnection one;
  one.orig = inbound ? s.remote : s.local;
  one.resp = inbound ? s.local : s.remote;
  one.state = to_string(s.state);
  if (!s.traffic) return one;
  Traffic out{s.traffic->bytes_acked, s.sent_rate};
  Traffic in{s.traffic->bytes_received, s.received_rate};
  // The kernel's counters include the originator's SYN, and FINs (RFC 9293 §3.4: each takes one
  // sequence number).
  const std::uint64_t sent_controls =
      (inbound ? 0u : 1u) + (fin_is_acknowledged(s.state) ? 1u : 0u);
  *out.bytes -= std::min(*out.bytes, sent_controls);
  *in.bytes -= std::min<std::uint64_t>(*in.bytes, fin_is_received(s.state) ? 1 : 0);
  one.sent = inbound ? in : out;
  one.received = inbound ? out : in;
  // Before the handshake the kernel has no time of the last data, and counts from its start.
  if (s.state != SocketState::SynSent && s.state != SocketState::SynRecv)
    one.idle = s.traffic->idle;
  one.rtt = s.traffic->rtt;
  if (one.idle != kNoDuration) one.last = now - one.idle;
  return one;
}

void LiveTotals::add(const LiveConnection& one) {
  add_known(sent.bytes, one.sent.bytes);
  add_known(sent.rate, one.sent.rate);
  add_known(received.bytes, one.received.bytes);
  add_known(received.rate, one.received.rate);
  idle = shorter(idle, one.idle);
  idle_at_most = idle_at_most || one.idle_at_most;
  rtt = shorter(rtt, one.rtt);
}

}  // namespace synfin
