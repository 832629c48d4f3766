// See endpoint_rows.h.
#include "view/endpoint_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "synfin/report/format.h"

namespace synfin {
namespace {

void add_known(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

/// The shorter of two durations, either of which may be unknown.
Duration shorter(Duration a, Duration b) {
  if (a == kNoDuration || b == kNoDuration) return a == kNoDuration ? b : a;
  return std::min(a, b);
}

}  // namespace

LiveConnection LiveConnection::of(const OpenConnection& open, const OpenTraffic& all,
                                  Timestamp now) {
  return {.orig = open.tuple.orig,
          .resp = open.tuple.resp,
          .state = to_string(open.phase),
          .last = open.last,
          .sent = open.orig,
          .received = open.resp,
          .idle = open.idle(now),
          .idle_at_most = all.control(),
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
  // The kernel counts the acknowledged SYN of the originator as a byte.
  if (!inbound && *out.bytes > 0) --*out.bytes;
  one.sent = inbound ? in : out;
  one.received = inbound ? out : in;
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

std::uint64_t SocketStateCounts::sum() const {
  return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

void append_count(std::string& out, std::string_view state, std::uint64_t n) {
  if (n == 0) return;
  out += fmt::format("{}{} {}", out.empty() ? "" : ", ", state, with_separators(n));
}

}  // namespace synfin
