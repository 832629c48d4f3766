// Counts a record in each aggregate. See summary_tables.h.
#include "report/summary_tables.h"

#include <algorithm>
#include <array>

#include "synfin/base/prefetch.h"
#include "synfin/base/seed.h"

namespace synfin {
namespace {

/// Maximum number of fingerprints per edge: the edge, the pair of hosts, originator and port.
constexpr std::size_t kFingerprintsPerEdge = 3;
/// RTT histogram blocks of 136 bytes, shared by services and edges.
constexpr std::size_t kRttBlocksPerHost = 2;
/// A profile takes up to 4 KiB, and few services have many handshakes.
constexpr std::size_t kHostsPerProfile = 16;

/// Weights by which a full table chooses the entry to replace. An established connection weighs as
/// much as sixteen failed attempts, and each 64 KiB of traffic weighs as much as one attempt.
constexpr std::uint32_t kEstablishedWeight = 16;
/// The largest AddressEntry::ports.
constexpr std::uint32_t kMaxPorts = (1u << 24) - 1;
constexpr unsigned kBytesShift = 16;
constexpr std::uint64_t kMaxTrafficWeight = 1u << 20;

constexpr TupleHasher kFixedHash{TupleHasher::kFixedSeed};

/// Distinguishes fingerprints of different things that have equal hashes.
enum FingerprintKind : std::uint64_t {
  kHostFingerprint = 1,
  kServiceFingerprint = 2,
  kPortFingerprint = 3
};

std::uint64_t fingerprint(FingerprintKind what, std::uint64_t hash, std::uint64_t more = 0) {
  return kFixedHash.pair(hash, more << 8 | what);
}

std::uint64_t bytes_of(const ConnectionRecord& r) { return r.orig.bytes + r.resp.bytes; }

std::uint64_t weight_of(const ConnectionRecord& r) {
  const std::uint64_t base = is_established(r.outcome) ? kEstablishedWeight : 1;
  return base + std::min(bytes_of(r) >> kBytesShift, kMaxTrafficWeight);
}

bool is_unfinished(Outcome o) {
  return o == Outcome::Unanswered || o == Outcome::HalfOpen || o == Outcome::Pending;
}

/// Reduces a hash to 32 bits. The multiplication spreads hashes whose low bits are similar.
std::uint32_t narrow(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash * 0x9E3779B97F4A7C15 >> 32);
}

template <typename Entry>
void widen_span(Entry& entry, const ConnectionRecord& r) {
  entry.first = std::min(entry.first, r.first);
  entry.last = std::max(entry.last, r.last);
}

void count_as_originator(AddressEntry& host, const ConnectionRecord& r) {
  saturate(host.as_orig, 1);
  const bool probe = r.probe != Probe::None;
  const bool unsuccessful = probe || is_failure(r.outcome) || r.outcome == Outcome::Aborted;
  saturate(host.attempts,
           probe || (is_attempt(counted_outcome(r)) && r.outcome != Outcome::Pending));
  saturate(host.unsuccessful, unsuccessful);
  const std::uint32_t bit = 1u << static_cast<unsigned>(r.probe);
  if (unsuccessful) host.probes = (host.probes | bit) & 0xFFu;
  saturate(host.failed_as_orig, is_failure(r.outcome));
  saturate(host.failed_with_itself,
           is_failure(r.outcome) && r.tuple.orig.address == r.tuple.resp.address);
  host.bytes_sent += r.orig.bytes;
  host.bytes_received += r.resp.bytes;
  widen_span(host, r);
}

}  // namespace

SummaryTables::SummaryTables(const SummaryOptions& options)
    : SummaryTables(options.max_hosts, options.seed != 0 ? options.seed : random_seed() | 1) {
  two_threads = options.two_threads;
}

SummaryTables::SummaryTables(std::size_t max, std::uint64_t seed)
    : table_hash(seed),
      max_hosts(max),
      services(max),
      answers(max),
      edges(max),
      hosts(max),
      distinct(max * kFingerprintsPerEdge, seed),
      rtts(max * kRttBlocksPerHost),
      profiles(std::max<std::size_t>(max / kHostsPerProfile, 1)),
      failures(max) {}

void SummaryTables::add(std::span<const ConnectionRecord* const> records) {
  std::array<HashedRecord, kGroup> items;
  const std::size_t n = records.size();
  for (std::size_t i = 0; i < n + 2 * kAhead; ++i) {
    if (i < n) {
      items[i] = hashed(*records[i]);
      prefetch_buckets(items[i]);
    }
    if (i >= kAhead && i - kAhead < n) prefetch_entries(items[i - kAhead]);
    if (i >= 2 * kAhead) count(items[i - 2 * kAhead]);
  }
}

SummaryTables::HashedRecord SummaryTables::hashed(const ConnectionRecord& r) const {
  return {&r, table_hash(r.tuple), kFixedHash(r.tuple)};
}

void SummaryTables::prefetch_buckets(const HashedRecord& i) const {
  services.prefetch_bucket(narrow(i.table.service));
  edges.prefetch_bucket(narrow(i.table.edge));
  hosts.prefetch_bucket(narrow(i.table.orig));
  failures.prefetch_bucket(*i.record, i.table.edge);
}

void SummaryTables::prefetch_entries(const HashedRecord& i) const {
  services.prefetch_entry(narrow(i.table.service));
  failures.prefetch_entry(*i.record, i.table.edge);
  const bool host_known = hosts.prefetch_entry(narrow(i.table.orig));
  if (edges.prefetch_entry(narrow(i.table.edge))) return;
  distinct.prefetch(i.fixed.edge);
  if (!host_known) return;  // probably a source of a flood, which needs no further counts
  distinct.prefetch(kFixedHash.mirrored_pair(i.fixed.orig, i.fixed.resp));
  distinct.prefetch(fingerprint(kPortFingerprint, i.fixed.orig, i.record->tuple.resp.port));
}

void SummaryTables::count(const HashedRecord& i) {
  const ConnectionRecord& r = *i.record;
  count_totals(r);
  ServiceEntry* service = service_of(i);
  if (service && service->profile != 0) prefetch_line(&profiles[service->profile]);
  const bool flood = service && is_unfinished(r.outcome) && flooded(*service);
  // Backscatter has no originator, so it counts for its hosts but not for an edge.
  const std::uint32_t new_edges = r.outcome == Outcome::Backscatter ? 0 : count_edge(i, flood);
  AddressEntry* host = originator_of(i, flood);
  if (service) count_service(*service, r);
  if (host) {
    count_as_originator(*host, r);
    hosts.gain(*host, weight_of(r));
  }
  if (new_edges != 0) count_target(service, host, i, new_edges);
  failures.add(r, i.table.edge, !flood && !(host && host->scans()));
  hangups.add(r, i.table.edge);
}

void SummaryTables::count_totals(const ConnectionRecord& r) {
  ++totals.by_state[static_cast<std::size_t>(r.state)];
  totals.by_outcome.add(counted_outcome(r));
  totals.orig_bytes += r.orig.bytes;
  totals.resp_bytes += r.resp.bytes;
  totals.evicted += r.evicted;
  totals.syn_retries += r.syn_retries;
  widen_span(totals, r);
  timeline.add(r.first, is_failure(r.outcome), bytes_of(r));
  if (is_established(r.outcome) || r.outcome == Outcome::Midstream) rank_connection(r);
}

/// Adds to the longest and the largest connections, unless duration or size is 0.
void SummaryTables::rank_connection(const ConnectionRecord& r) {
  const std::int64_t ns = r.duration().count();
  if (ns > 0) longest.add(static_cast<std::uint64_t>(ns), r);
  if (bytes_of(r) > 0) largest.add(bytes_of(r), r);
}

/// Returns the number of new edges that the record represents (an estimate above 1 once the sketch
/// samples, 0 for a known edge).
std::uint32_t SummaryTables::count_edge(const HashedRecord& i, bool flood) {
  const ConnectionRecord& r = *i.record;
  const EdgeEntry::Key key{r.tuple.orig.address, r.tuple.resp.address, r.tuple.resp.port};
  EdgeEntry* edge = edges.find(key, narrow(i.table.edge));
  const std::uint32_t new_edges = edge ? 0 : distinct.insert(i.fixed.edge);
  if (!edge && flood) return new_edges;
  if (!edge && edges.full() && new_edges != 0) {
    ++without_entry.edge;
    return new_edges;
  }
  if (!edge) edge = &add_edge(i);
  edge->outcomes.add(counted_outcome(r));
  edges.gain(*edge, weight_of(r));
  edge->bytes += bytes_of(r);
  widen_span(*edge, r);
  if (r.synack_rtt >= Duration{}) rtts.add(edge->rtt, r.synack_rtt);
  if (r.outcome == Outcome::Unreachable) {
    edge->icmp_type = r.icmp_type;
    edge->icmp_code = r.icmp_code;
  }
  return new_edges;
}

void SummaryTables::count_service(ServiceEntry& service, const ConnectionRecord& r) {
  if (is_established(r.outcome)) count_answer(service, r);
  service.outcomes.add(counted_outcome(r));
  services.gain(service, weight_of(r));
  service.orig_bytes += r.orig.bytes;
  service.resp_bytes += r.resp.bytes;
  widen_span(service, r);
  if (r.synack_rtt >= Duration{}) rtts.add(service.rtt, r.synack_rtt);
  if (is_unfinished(r.outcome)) count_unfinished(service, r.first);
  count_profile(service, r);
}

/// A host that fails sends nothing, and its clients repeat their segments, so the end of a
/// connection proves an answer only if it is the responder's, too.
void SummaryTables::count_answer(ServiceEntry& service, const ConnectionRecord& r) {
  const bool until_end = r.outcome == Outcome::Closed || r.closed_by == Side::Resp;
  const Timestamp at =
      until_end ? r.last : saturating_add(r.first, std::max(r.synack_rtt, Duration{}));
  Timestamp& last = answers[static_cast<std::size_t>(&service - services.entries().data())];
  last = service.outcomes.established() == 0 ? at : std::max(last, at);
}

void SummaryTables::count_profile(ServiceEntry& service, const ConnectionRecord& r) {
  if (service.profile == 0 && is_established(r.outcome)) service.profile = profiles.allocate();
  if (service.profile != 0) profiles[service.profile].add(r);
}

void SummaryTables::count_unfinished(ServiceEntry& service, Timestamp time) {
  if (service.flood == 0) service.flood = floods.allocate();
  floods[service.flood].add(time);
}

/// Counts a new edge, whose pair of hosts and whose port may be new to the originator, too.
void SummaryTables::count_target(ServiceEntry* service, AddressEntry* host, const HashedRecord& i,
                                 std::uint32_t new_edges) {
  if (service) saturate(service->clients, new_edges);
  if (!host) {
    if (service) saturate(service->peers, new_edges);
    return;
  }
  saturate(host->targets, new_edges);
  count_port(*host, i);
  const std::uint64_t pair = kFixedHash.mirrored_pair(i.fixed.orig, i.fixed.resp);
  const bool peers_already = distinct.contains(pair ^ 1);
  const std::uint32_t new_pairs = distinct.insert(pair);
  saturate(host->responders, new_pairs);
  if (peers_already) return;
  saturate(host->peers, new_pairs);
  const FiveTuple& t = i.record->tuple;
  if (service && t.orig.address != t.resp.address) saturate(service->peers, new_pairs);
}

void SummaryTables::count_port(AddressEntry& host, const HashedRecord& i) {
  const std::uint16_t port = i.record->tuple.resp.port;
  if (host.among_first_ports(port)) return;
  if (host.ports < AddressEntry::kFirstPorts) {
    host.first_ports[host.ports] = port;
    ++host.ports;
  } else {
    const std::uint32_t more = distinct.insert(fingerprint(kPortFingerprint, i.fixed.orig, port));
    host.ports = std::min(host.ports + more, kMaxPorts) & kMaxPorts;
  }
}

ServiceEntry* SummaryTables::service_of(const HashedRecord& i) {
  const Endpoint& resp = i.record->tuple.resp;
  const std::uint32_t hash = narrow(i.table.service);
  if (auto* found = services.find(ServiceEntry::Key{resp.address, resp.port}, hash)) return found;
  if (services.full() && distinct.insert(fingerprint(kServiceFingerprint, i.fixed.service)) != 0) {
    ++without_entry.service;
    return nullptr;
  }
  ServiceEntry& fresh = services.add(hash, [this](ServiceEntry& replaced) { retire(replaced); });
  fresh.address = resp.address;
  fresh.port = resp.port;
  return &fresh;
}

AddressEntry* SummaryTables::originator_of(const HashedRecord& i, bool flood) {
  const Address& address = i.record->tuple.orig.address;
  const std::uint32_t hash = narrow(i.table.orig);
  if (AddressEntry* found = hosts.find(address, hash)) return found;
  if (flood) return nullptr;
  if (hosts.full() && distinct.insert(fingerprint(kHostFingerprint, i.fixed.orig)) != 0) {
    ++without_entry.host;
    return nullptr;
  }
  AddressEntry& fresh = hosts.add(hash, [](AddressEntry&) {});
  fresh.address = address;
  return &fresh;
}

EdgeEntry& SummaryTables::add_edge(const HashedRecord& i) {
  const FiveTuple& t = i.record->tuple;
  EdgeEntry& fresh =
      edges.add(narrow(i.table.edge), [this](EdgeEntry& replaced) { rtts.release(replaced.rtt); });
  fresh.orig = t.orig.address;
  fresh.resp = t.resp.address;
  fresh.port = t.resp.port;
  return fresh;
}

const ServiceEntry* SummaryTables::service_at(const Endpoint& service) const {
  const TupleHashes hashes = table_hash(FiveTuple{{}, service});
  return services.find(ServiceEntry::Key{service.address, service.port}, narrow(hashes.service));
}

const EdgeEntry* SummaryTables::edge_between(const Address& orig, const Endpoint& service) const {
  const TupleHashes hashes = table_hash(FiveTuple{{orig, 0}, service});
  return edges.find(EdgeEntry::Key{orig, service.address, service.port}, narrow(hashes.edge));
}

void SummaryTables::retire(ServiceEntry& replaced) {
  AddressEntry* host = hosts.find(replaced.address, narrow(table_hash.address(replaced.address)));
  if (host) host->add(replaced);
  rtts.release(replaced.rtt);
  profiles.release(replaced.profile);
  floods.release(replaced.flood);
}

bool SummaryTables::flooded(const ServiceEntry& service) const {
  if (service.clients < kFloodSources || service.flood == 0) return false;
  return flood_of(service).attempts >= kFloodAttempts &&
         service.unfinished() * 100 >= service.outcomes.attempts() * kFloodUnfinishedPercent;
}

std::size_t SummaryTables::memory() const {
  std::size_t samples = 0;
  for (const ServiceProfile& profile : profiles.values()) samples += profile.series.memory();
  return services.memory() + services.entries().size() * sizeof(Timestamp) + edges.memory() +
         hosts.memory() + distinct.memory() + rtts.memory() + floods.memory() + profiles.memory() +
         samples + failures.memory() + hangups.memory();
}

void FloodMeter::add(Timestamp time) {
  const std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  if (now > second) {
    second = now;
    second_begin = time;
    in_second = 0;
  }
  ++in_second;
  peak = std::max(peak, in_second);
  if (in_second < kBusy) return;
  attempts += in_second == kBusy ? kBusy : 1;
  since = std::min(since, second_begin);
  until = std::max(until, time);
}

bool AddressEntry::among_first_ports(std::uint16_t port) const {
  const auto end = first_ports.begin() + std::min<std::size_t>(ports, kFirstPorts);
  return std::find(first_ports.begin(), end, port) != end;
}

void AddressEntry::add(const ServiceEntry& service) {
  saturate(as_resp, service.outcomes.all());
  saturate(failed_as_resp, service.outcomes.failed());
  saturate(peers, service.peers);
  bytes_sent += service.resp_bytes;
  bytes_received += service.orig_bytes;
  first = std::min(first, service.first);
  last = std::max(last, service.last);
}

}  // namespace synfin
