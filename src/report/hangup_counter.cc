// See hangup_counter.h. idle_timers.cc has find_idle_timers().
#include "report/hangup_counter.h"

#include <algorithm>
#include <tuple>

namespace synfin {
namespace {

/// Connections in a minute above which a client is reported. A port stays in TIME-WAIT for 60 s on
/// Linux, and for up to 4 min by RFC 9293 §3.4.2, so that a client has at most some ten thousand
/// connections per minute and service.
constexpr std::uint32_t kPressure = 5'000;
/// The ports from which Linux chooses (net.ipv4.ip_local_port_range).
constexpr std::uint32_t kUsualPorts = 28'232;

/// Many hosts behind one address (NAT) use a tuple again early now and then.
constexpr std::uint32_t kMinEarly = 5;

std::uint32_t narrow(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash * 0x9E3779B97F4A7C15 >> 32);
}

}  // namespace

void HangupCounter::begin_minute(std::int64_t minute) {
  newest_minute_ = minute;
  seen_.fill(0);
}

void HangupCounter::add_reset(const ConnectionRecord& r) {
  if (r.idle == kNoDuration) {
    // Only with all packets does the lack of a value mean a short silence.
    idle_unknown_ += r.bytes_basis != BytesBasis::Seen && r.bytes_basis != BytesBasis::OneSided;
    return;
  }
  ++idle_resets_;
  resets_.add({r.tuple.resp, r.last, r.idle, r.closed_by == Side::Orig});
}

void HangupCounter::count_client(const ConnectionRecord& r, std::uint64_t edge_hash,
                                 std::int64_t minute, bool early) {
  const PressureEntry::Key key{r.tuple.orig.address, r.tuple.resp.address, r.tuple.resp.port};
  PressureEntry* entry = pressure_.find(key, narrow(edge_hash));
  if (entry == nullptr) {
    entry = &pressure_.add(narrow(edge_hash), [](PressureEntry&) {});
    entry->orig = key.orig;
    entry->resp = key.resp;
    entry->port = key.port;
  }
  if (minute > entry->minute) {
    entry->minute = minute;
    entry->in_minute = seen_[edge_hash % kCounters] - 1u;
  }
  ++entry->in_minute;
  entry->reused += r.reused;
  entry->in_time_wait += early;
  pressure_.gain(*entry, 1);
  if (entry->in_minute <= entry->most) return;
  entry->most = entry->in_minute;
  entry->busiest = entry->minute;
}

Hangups HangupCounter::hangups() const {
  Hangups all;
  all.idle_resets = idle_resets_;
  all.idle_unknown = idle_unknown_;
  all.idle_timers = find_idle_timers(resets_.values());
  for (const PressureEntry& e : pressure_.entries()) {
    if (e.most < kPressure && e.reused == 0 && e.in_time_wait < kMinEarly) continue;
    all.pressure.push_back({e.orig,
                            {e.resp, e.port},
                            e.most,
                            timestamp_from_ns(e.busiest * 60'000'000'000),
                            e.reused,
                            e.in_time_wait,
                            e.most >= kUsualPorts});
  }
  std::sort(all.pressure.begin(), all.pressure.end(), [](const auto& a, const auto& b) {
    if (a.connections != b.connections) return a.connections > b.connections;
    return std::tie(a.orig, a.service) < std::tie(b.orig, b.service);
  });
  return all;
}

std::size_t HangupCounter::memory() const {
  return resets_.memory() + pressure_.memory() + closed_.capacity() * sizeof(ClosedTuple);
}

}  // namespace synfin
