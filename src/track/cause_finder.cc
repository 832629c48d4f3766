// See cause_finder.h.
#include "synfin/track/cause_finder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

/// An answer this much older than an attempt still shows that the host is up: 10 minutes.
constexpr std::uint32_t kFresh = 600;
/// An answer so few ticks after another one of the same port is not recorded, which saves most of
/// the work.
constexpr std::uint32_t kResolution = 4;
/// A responder that closes later than this without a byte has probably waited for a request.
constexpr Duration kMaxWait = std::chrono::seconds{10};
/// A responder that took at least so many bytes, or so much time, has probably served the request.
constexpr std::uint64_t kMaxRequest = 65'536;
constexpr Duration kMaxService = std::chrono::seconds{60};
/// From so many SYN-ACKs on, the distances of a host count as known.
constexpr unsigned kFixedSamples = 8;
/// By how many routers several paths to one host may differ.
constexpr unsigned kPathSpread = 3;

void set(ConnectionRecord& r, Cause cause, Confidence confidence) {
  r.cause.cause = cause;
  r.cause.confidence = confidence;
}

/// True if the first FIN or RST is the responder's.
bool responder_closed_first(const ConnectionRecord& r) {
  const std::string_view history = r.history.view();
  const std::size_t end = history.find_first_of("FfRr");
  return end != history.npos && (history[end] == 'f' || history[end] == 'r');
}

/// True if the responder accepted the connection and closed it before it sent a byte: a full
/// backlog, a TCP wrapper, or a proxy without a back end.
bool is_dropped(const ConnectionRecord& r) {
  const bool counted = r.bytes_basis == BytesBasis::Seen || r.bytes_basis == BytesBasis::Fin ||
                       r.bytes_basis == BytesBasis::Rst || r.cause.rst_without_data;
  if (!counted || r.unknown.has(RecordCount::RespBytes) || r.resp.bytes != 0 ||
      r.missed_bytes != 0 || !responder_closed_first(r))
    return false;
  const Duration limit = r.orig.bytes == 0 ? kMaxWait : kMaxService;
  return r.orig.bytes < kMaxRequest && r.duration() < limit;
}

}  // namespace

/// The /24 of an IPv4 address or the /64 of an IPv6 address. No IPv6 prefix has the upper half of a
/// mapped address, which is 0.
std::uint64_t CauseFinder::prefix_of(const Address& a) {
  return a.is_v4() ? a.low() >> 8 : a.high();
}

/// Prefetches the hosts of the set whose reference has the mark of `a`: usually one.
void CauseFinder::prefetch_host(const Address& a) const {
  const std::uint64_t hash = hash_of(a);
  for (const std::uint32_t reference : sets_[set_of(hash)].reference) {
    if ((reference & ~kIndexMask) == mark_of(hash) && reference != 0)
      prefetch_lines(&hosts_[(reference & kIndexMask) - 1]);
  }
}

CauseFinder::Host* CauseFinder::find(const Address& a) {
  const std::uint64_t hash = hash_of(a);
  for (const std::uint32_t reference : sets_[set_of(hash)].reference) {
    if (reference == 0) break;
    Host& host = hosts_[(reference & kIndexMask) - 1];
    if ((reference & ~kIndexMask) == mark_of(hash) && host.address == a) return &host;
  }
  return nullptr;
}

CauseFinder::Host& CauseFinder::find_or_add(const Address& a) {
  if (Host* known = find(a)) return *known;
  const std::uint64_t hash = hash_of(a);
  std::uint32_t* place = nullptr;
  for (std::uint32_t& reference : sets_[set_of(hash)].reference) {
    if (reference == 0) {
      reference = ++hosts_used_;
      place = &reference;
      break;
    }
    const auto last = [&](std::uint32_t of) { return hosts_[(of & kIndexMask) - 1].last; };
    if (place == nullptr || last(reference) < last(*place)) place = &reference;
  }
  *place = mark_of(hash) | (*place & kIndexMask);
  Host& host = hosts_[(*place & kIndexMask) - 1];
  host = Host{};
  host.address = a;
  return host;
}

void CauseFinder::note_network(const Address& a, Tick now) {
  const std::uint64_t prefix = prefix_of(a);
  Network& network = networks_[mix64(prefix, 0x94D049BB133111EB) & (kNetworks - 1)];
  if (network.prefix != prefix) network = {prefix, 0};
  network.last = std::max(network.last, now);
}

CauseFinder::Tick CauseFinder::network_last(const Address& a) const {
  const std::uint64_t prefix = prefix_of(a);
  const Network& network = networks_[mix64(prefix, 0x94D049BB133111EB) & (kNetworks - 1)];
  return network.prefix == prefix ? network.last : 0;
}

void CauseFinder::learn(const ConnectionRecord& r) {
  if (r.resp.packets == 0 || r.direction_basis > DirectionBasis::Synack) return;
  // Both ends have closed a closed connection, so the responder was there until its end.
  const Tick now = tick(r.outcome == Outcome::Closed ? r.last : r.first);
  Host& host = find_or_add(r.tuple.resp.address);
  const std::uint16_t port = r.tuple.resp.port;
  std::size_t at = 0;
  while (at < kPorts && host.port[at] != port) ++at;
  if (at == kPorts) {
    at = static_cast<std::size_t>(std::min_element(host.port_last.begin(), host.port_last.end()) -
                                  host.port_last.begin());
    host.port[at] = port;
    host.port_last[at] = 0;
  } else if (now - host.port_last[at] < kResolution && host.ttl == r.answer_ttl &&
             host.samples >= kFixedSamples) {
    return;
  }
  host.port_last[at] = std::max(host.port_last[at], now);
  if (host.last < now) {
    host.last = now;
    note_network(host.address, now);
  }
  if (r.answer_ttl == 0) return;
  const auto hops = static_cast<std::uint8_t>(hops_of(r.answer_ttl));
  host.ttl = r.answer_ttl;
  host.min_hops = std::min(host.min_hops, hops);
  host.max_hops = std::max(host.max_hops, hops);
  if (host.samples < 0xFF) ++host.samples;
}

void CauseFinder::judge(ConnectionRecord& r) {
  switch (r.outcome) {
    case Outcome::Refused:
      return judge_refusal(r);
    case Outcome::Unanswered:
      if (r.probe == Probe::None) judge_silence(r);
      return;
    case Outcome::Unreachable:
      return set(r, Cause::Unreachable, Confidence::Certain);
    case Outcome::HalfOpen:
      return set(r, Cause::HandshakeIncomplete,
                 r.resp.packets > 1 ? Confidence::Certain : Confidence::Likely);
    case Outcome::Backscatter:
      return set(r, Cause::Backscatter, Confidence::Likely);
    case Outcome::Open:
    case Outcome::Closed:
    case Outcome::Reset:
      return judge_established(r);
    case Outcome::Pending:
    case Outcome::Aborted:
    case Outcome::Midstream:
      return;
  }
}

/// True if a packet that has passed `hops` routers is probably not from the host. A host that is
/// reached on several paths has several distances, and a few SYN-ACKs may not show all of them.
bool CauseFinder::is_elsewhere(const Host& host, unsigned hops) {
  const unsigned margin = host.samples >= kFixedSamples ? 0 : kPathSpread;
  return hops + margin < host.min_hops || hops > host.max_hops + margin;
}

/// An RST that has passed another number of routers than the host's SYN-ACKs is not from the host.
void CauseFinder::judge_refusal(ConnectionRecord& r) {
  Host* host = find(r.tuple.resp.address);
  const bool comparable = host != nullptr && host->samples != 0 && r.end_ttl != 0;
  if (comparable) {
    r.cause.host_ttl = host->ttl;
    const unsigned hops = hops_of(r.end_ttl);
    if (hops < host->min_hops || hops > host->max_hops) {
      const bool stable = host->samples >= kFixedSamples && host->min_hops == host->max_hops;
      return set(r, Cause::RefusedOnPath,
                 stable                      ? Confidence::Certain
                 : is_elsewhere(*host, hops) ? Confidence::Likely
                                             : Confidence::Possible);
    }
  }
  set(r, Cause::Refused, comparable ? Confidence::Certain : Confidence::Likely);
  const Tick now = tick(r.last);
  Host& up = host != nullptr ? *host : find_or_add(r.tuple.resp.address);
  up.refused_last = std::max(up.refused_last, now);
  if (up.last >= now) return;
  up.last = now;
  note_network(up.address, now);
}

/// Nothing answered. Another port of the host that answers proves that the host is up, so that a
/// filter dropped the SYN. The last router reports an absent host (RFC 1812 §5.2.7.1), so a filter
/// is also likelier than an absent host if the network is in use.
void CauseFinder::judge_silence(ConnectionRecord& r) const {
  const Tick begin = tick(r.first);
  const Tick since = begin > kFresh ? begin - kFresh : 1;
  const Host* host = find(r.tuple.resp.address);
  CauseFacts& facts = r.cause;
  if (host != nullptr) {
    auto& [lowest, next] = facts.answering_ports;  // the two lowest, which are the best known
    Tick newest = host->refused_last;
    bool knows_port = false;
    for (std::size_t i = 0; i < kPorts; ++i) {
      const bool same = host->port[i] == r.tuple.resp.port && host->port_last[i] != 0;
      knows_port |= same;
      if (same) facts.port_answers = host->port_last[i] >= begin;
      if (same || host->port_last[i] < since) continue;
      newest = std::max(newest, host->port_last[i]);
      std::uint16_t port = host->port[i];
      if (lowest == 0 || port < lowest) std::swap(port, lowest);
      if (port != 0 && (next == 0 || port < next)) next = port;
    }
    if (next == 0) std::swap(lowest, next);  // in order, 0 comes first
    if (facts.port_answers) return set(r, Cause::Filtered, Confidence::Likely);
    if (newest >= begin) return set(r, Cause::Filtered, Confidence::Certain);
    // A port that answered and is silent now may have gone with its host.
    if (newest >= since && !knows_port) return set(r, Cause::Filtered, Confidence::Likely);
    facts.answered_before = true;
    facts.answering_ports = {};
    return set(r, Cause::HostAway, Confidence::Possible);
  }
  if (network_last(r.tuple.resp.address) >= since) {
    facts.network_answers = true;
    return set(r, Cause::Filtered, Confidence::Possible);
  }
  set(r, Cause::HostAway, r.syn_retries > 1 ? Confidence::Likely : Confidence::Possible);
}

void CauseFinder::judge_established(ConnectionRecord& r) const {
  if (r.cause.stuck_times != 0 && r.cause.peer_sends)
    return set(r, Cause::MtuBlackHole, Confidence::Likely);
  if (r.closed_by != Side::Resp || r.direction_basis > DirectionBasis::Synack) return;
  const bool by_rst = r.rst_basis != RstBasis::None;
  const Host* host = find(r.tuple.resp.address);
  if (by_rst && r.answer_ttl != 0 && r.end_ttl != 0 &&
      hops_of(r.answer_ttl) != hops_of(r.end_ttl) && host != nullptr && host->samples != 0 &&
      is_elsewhere(*host, hops_of(r.end_ttl))) {
    r.cause.host_ttl = r.answer_ttl;
    return set(r, Cause::ResetOnPath, Confidence::Likely);
  }
  if (is_dropped(r)) set(r, Cause::AcceptedDropped, Confidence::Likely);
}

}  // namespace synfin
