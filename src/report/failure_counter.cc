// See failure_counter.h. group_failures() is in failure_groups.cc.
#include "report/failure_counter.h"

#include <algorithm>

namespace synfin {
namespace {

constexpr std::size_t kMaxEntries = 16'384;

}  // namespace

ConnectionRecord FailureEntry::evidence() const {
  ConnectionRecord r;
  r.tuple.orig.address = orig;
  r.tuple.resp = {resp, port};
  r.cause = facts;
  r.cause.cause = cause;
  r.last = r.first + duration;
  r.orig.bytes = orig_bytes;
  r.resp.packets = resp_packets;
  r.syn_retries = syn_retries;
  r.end_ttl = end_ttl;
  r.icmp_type = icmp_type;
  r.icmp_code = icmp_code;
  r.rst_basis = rst_basis;
  return r;
}

FailureCounter::FailureCounter(std::size_t max_hosts)
    : entries_(std::min(max_hosts, kMaxEntries)) {}

void FailureCounter::add_entry(const ConnectionRecord& r, std::uint64_t edge_hash) {
  const FailureEntry::Key key{r.tuple.orig.address, r.tuple.resp.address, r.tuple.resp.port,
                              r.cause.cause};
  const std::uint32_t hash = hash_of(r, edge_hash);
  FailureEntry* entry = entries_.find(key, hash);
  if (entry == nullptr) {
    entry = &entries_.add(hash, [](FailureEntry&) {});
    entry->orig = key.orig;
    entry->resp = key.resp;
    entry->port = key.port;
    entry->cause = key.cause;
  }
  entries_.gain(*entry, 1);
  entry->confidence = std::max(entry->confidence, r.cause.confidence);
  entry->first = std::min(entry->first, r.first);
  if (r.first < entry->last) return;
  entry->last = r.first;
  entry->facts = r.cause;
  entry->duration = r.duration();
  entry->orig_bytes = r.orig.bytes;
  entry->resp_packets = r.resp.packets;
  entry->syn_retries = r.syn_retries;
  entry->end_ttl = r.end_ttl;
  entry->icmp_type = r.icmp_type;
  entry->icmp_code = r.icmp_code;
  entry->rst_basis = r.rst_basis;
}

}  // namespace synfin
