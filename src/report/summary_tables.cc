// How a record goes into the aggregates. See summary_tables.h.
#include "report/summary_tables.h"

#include <algorithm>
#include <array>
#include <random>

namespace synfin {
namespace {

/// Fingerprints per edge at most: the edge, the pair of hosts, originator and port.
constexpr std::size_t kFingerprintsPerEdge = 3;
/// Blocks of round trips, 136 bytes each, for services and edges together.
constexpr std::size_t kRttBlocksPerHost = 2;

/// How much a connection says for keeping its keys when there are too many: one that came about
/// says more than sixteen that did not, and each 64 KiB says as much as one that did not.
constexpr std::uint32_t kEstablishedWeight = 16;
constexpr unsigned kBytesShift = 16;
constexpr std::uint64_t kMostWeight = 1u << 20;

constexpr TupleHasher kFixedHash{TupleHasher::kFixedSeed};

/// What a fingerprint is of, where the hashes alone would not tell.
enum Sight : std::uint64_t { kSightOfHost = 1, kSightOfService = 2, kSightOfPort = 3 };

std::uint64_t sight(Sight what, std::uint64_t hash, std::uint64_t more = 0) {
  return kFixedHash.pair(hash, more << 8 | what);
}

std::uint64_t draw_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device() | 1;
}

std::uint64_t bytes_of(const ConnectionRecord& r) { return r.orig.bytes + r.resp.bytes; }

std::uint64_t weight_of(const ConnectionRecord& r) {
  const std::uint64_t base = is_established(r.outcome) ? kEstablishedWeight : 1;
  return base + std::min(bytes_of(r) >> kBytesShift, kMostWeight);
}

bool is_unfinished(Outcome o) {
  return o == Outcome::Unanswered || o == Outcome::HalfOpen || o == Outcome::Pending;
}

/// Multiplied first, for the low bits of a hash alone lie close together under a few seeds.
std::uint32_t narrow(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash * 0x9E3779B97F4A7C15 >> 32);
}

template <typename Entry>
void widen_span(Entry& entry, const ConnectionRecord& r) {
  entry.first = std::min(entry.first, r.first);
  entry.last = std::max(entry.last, r.last);
}

void count_as_originator(HostEntry& host, const ConnectionRecord& r) {
  saturate(host.as_orig, 1);
  saturate(host.attempts, is_attempt(r.outcome) && r.outcome != Outcome::Pending);
  saturate(host.unsuccessful, is_failure(r.outcome) || r.outcome == Outcome::Aborted);
  saturate(host.failed_as_orig, is_failure(r.outcome));
  host.bytes_sent += r.orig.bytes;
  host.bytes_received += r.resp.bytes;
  widen_span(host, r);
}

}  // namespace

SummaryTables::SummaryTables(const SummaryOptions& options)
    : seed(options.seed != 0 ? options.seed : draw_seed()),
      table_hash(seed),
      max_hosts(options.max_hosts),
      services(max_hosts),
      edges(max_hosts),
      hosts(max_hosts),
      distinct(max_hosts * kFingerprintsPerEdge, seed),
      rtts(max_hosts * kRttBlocksPerHost) {}

void SummaryTables::add(std::span<const ConnectionRecord* const> records) {
  std::array<Item, kGroup> items;
  for (std::size_t i = 0; i < records.size(); ++i) {
    items[i] = item_of(*records[i]);
    prefetch_buckets(items[i]);
  }
  const std::span<const Item> group{items.data(), records.size()};
  for (const Item& item : group) prefetch_entries(item);
  for (const Item& item : group) count(item);
}

SummaryTables::Item SummaryTables::item_of(const ConnectionRecord& r) const {
  return {&r, table_hash(r.tuple), kFixedHash(r.tuple)};
}

void SummaryTables::prefetch_buckets(const Item& i) const {
  services.prefetch_bucket(narrow(i.table.service));
  edges.prefetch_bucket(narrow(i.table.edge));
  hosts.prefetch_bucket(narrow(i.table.orig));
}

void SummaryTables::prefetch_entries(const Item& i) const {
  services.prefetch_entry(narrow(i.table.service));
  const bool host_known = hosts.prefetch_entry(narrow(i.table.orig));
  if (edges.prefetch_entry(narrow(i.table.edge))) return;
  distinct.prefetch(i.fixed.edge);
  if (!host_known) return;  // a stranger, of whom a flood is full: seldom is more asked
  distinct.prefetch(kFixedHash.mirrored_pair(i.fixed.orig, i.fixed.resp));
  distinct.prefetch(sight(kSightOfPort, i.fixed.orig, i.record->tuple.resp.port));
}

void SummaryTables::count(const Item& i) {
  const ConnectionRecord& r = *i.record;
  count_totals(r);
  ServiceEntry* service = service_of(i);
  const bool flood = service && is_unfinished(r.outcome) && flooded(*service);
  // Backscatter answers nobody here: its two ends are hosts, but no edge.
  const std::uint32_t new_edges = r.outcome == Outcome::Backscatter ? 0 : count_edge(i, flood);
  HostEntry* host = originator_of(i, flood);
  if (service) count_service(*service, r);
  if (host) {
    count_as_originator(*host, r);
    hosts.gain(*host, weight_of(r));
  }
  if (new_edges != 0) count_target(service, host, i, new_edges);
}

void SummaryTables::count_totals(const ConnectionRecord& r) {
  ++totals.by_state[static_cast<std::size_t>(r.state)];
  totals.by_outcome.add(r.outcome);
  totals.orig_bytes += r.orig.bytes;
  totals.resp_bytes += r.resp.bytes;
  totals.evicted += r.evicted;
  totals.syn_retries += r.syn_retries;
  timeline.add(r.first, is_failure(r.outcome), bytes_of(r));
  if (is_established(r.outcome) || r.outcome == Outcome::Midstream) rank_connection(r);
}

/// Among the longest and the largest; nothing is neither.
void SummaryTables::rank_connection(const ConnectionRecord& r) {
  const std::int64_t ns = r.duration().count();
  if (ns > 0) longest.add(static_cast<std::uint64_t>(ns), r);
  if (bytes_of(r) > 0) largest.add(bytes_of(r), r);
}

/// Returns how many edges that nobody saw before this one stands for.
std::uint32_t SummaryTables::count_edge(const Item& i, bool flood) {
  const ConnectionRecord& r = *i.record;
  const EdgeEntry::Key key{r.tuple.orig.address, r.tuple.resp.address, r.tuple.resp.port};
  EdgeEntry* edge = edges.find(key, narrow(i.table.edge));
  const std::uint32_t new_edges = edge ? 0 : distinct.insert(i.fixed.edge);
  if (!edge && flood) return new_edges;
  if (!edge && edges.full() && new_edges != 0) {
    ++without_edge;
    return new_edges;
  }
  if (!edge) edge = &add_edge(i);
  edge->outcomes.add(r.outcome);
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
  service.outcomes.add(r.outcome);
  services.gain(service, weight_of(r));
  service.orig_bytes += r.orig.bytes;
  service.resp_bytes += r.resp.bytes;
  widen_span(service, r);
  if (r.synack_rtt >= Duration{}) rtts.add(service.rtt, r.synack_rtt);
  if (is_unfinished(r.outcome)) count_unfinished(service, r.first);
}

void SummaryTables::count_unfinished(ServiceEntry& service, Timestamp time) {
  if (service.flood == 0) service.flood = add_flood();
  floods[service.flood - 1].add(time);
}

/// An edge is new; so may be the pair of its hosts, and the port to the originator.
void SummaryTables::count_target(ServiceEntry* service, HostEntry* host, const Item& i,
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
  const std::uint32_t asked = distinct.insert(pair);
  saturate(host->asked, asked);
  if (peers_already) return;
  saturate(host->peers, asked);
  const FiveTuple& t = i.record->tuple;
  if (service && t.orig.address != t.resp.address) saturate(service->peers, asked);
}

void SummaryTables::count_port(HostEntry& host, const Item& i) {
  const std::uint16_t port = i.record->tuple.resp.port;
  if (host.among_few_ports(port)) return;
  if (host.ports < HostEntry::kFewPorts) {
    host.few_ports[host.ports++] = port;
  } else {
    saturate(host.ports, distinct.insert(sight(kSightOfPort, i.fixed.orig, port)));
  }
}

ServiceEntry* SummaryTables::service_of(const Item& i) {
  const Endpoint& resp = i.record->tuple.resp;
  const std::uint32_t hash = narrow(i.table.service);
  if (auto* found = services.find(ServiceEntry::Key{resp.address, resp.port}, hash)) return found;
  if (services.full() && distinct.insert(sight(kSightOfService, i.fixed.service)) != 0) {
    ++without_service;
    return nullptr;
  }
  ServiceEntry& fresh = services.add(hash, [this](ServiceEntry& gone) { retire(gone); });
  fresh.address = resp.address;
  fresh.port = resp.port;
  return &fresh;
}

HostEntry* SummaryTables::originator_of(const Item& i, bool flood) {
  const Address& address = i.record->tuple.orig.address;
  const std::uint32_t hash = narrow(i.table.orig);
  if (HostEntry* found = hosts.find(address, hash)) return found;
  if (flood) return nullptr;
  if (hosts.full() && distinct.insert(sight(kSightOfHost, i.fixed.orig)) != 0) {
    ++without_host;
    return nullptr;
  }
  HostEntry& fresh = hosts.add(hash, [](HostEntry&) {});
  fresh.address = address;
  return &fresh;
}

EdgeEntry& SummaryTables::add_edge(const Item& i) {
  const FiveTuple& t = i.record->tuple;
  EdgeEntry& fresh =
      edges.add(narrow(i.table.edge), [this](EdgeEntry& gone) { rtts.release(gone.rtt); });
  fresh.orig = t.orig.address;
  fresh.resp = t.resp.address;
  fresh.port = t.resp.port;
  return fresh;
}

void SummaryTables::retire(ServiceEntry& gone) {
  HostEntry* host = hosts.find(gone.address, narrow(table_hash.address(gone.address)));
  if (host) host->add(gone);
  rtts.release(gone.rtt);
  if (gone.flood != 0) free_floods.push_back(gone.flood);
}

/// The number of a fresh meter + 1.
std::uint32_t SummaryTables::add_flood() {
  if (free_floods.empty()) {
    floods.emplace_back();
    return static_cast<std::uint32_t>(floods.size());
  }
  const std::uint32_t number = free_floods.back();
  free_floods.pop_back();
  floods[number - 1] = {};
  return number;
}

bool SummaryTables::flooded(const ServiceEntry& service) const {
  if (service.clients < kFloodSources || service.flood == 0) return false;
  return flood_of(service).attempts >= kFloodAttempts &&
         service.unfinished() * 100 >= service.outcomes.attempts() * kFloodUnfinishedPercent;
}

std::size_t SummaryTables::memory() const {
  return services.memory() + edges.memory() + hosts.memory() + distinct.memory() + rtts.memory() +
         floods.capacity() * sizeof(FloodMeter);
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

bool HostEntry::among_few_ports(std::uint16_t port) const {
  const auto end = few_ports.begin() + std::min<std::size_t>(ports, kFewPorts);
  return std::find(few_ports.begin(), end, port) != end;
}

void HostEntry::add(const ServiceEntry& service) {
  saturate(as_resp, service.outcomes.all());
  saturate(failed_as_resp, service.outcomes.failed());
  saturate(peers, service.peers);
  bytes_sent += service.resp_bytes;
  bytes_received += service.orig_bytes;
  first = std::min(first, service.first);
  last = std::max(last, service.last);
}

}  // namespace synfin
