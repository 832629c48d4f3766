// See connection_sample.h.
#include "report/connection_sample.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace synfin {
namespace {

bool before(const SampledConnection& a, const SampledConnection& b) { return a.hash < b.hash; }

/// Removes the connections with the largest hashes, until `limit` remain.
void trim(SampleStratum& stratum, std::size_t limit) {
  if (stratum.sampled.size() <= limit) return;
  std::sort_heap(stratum.sampled.begin(), stratum.sampled.end(), before);
  stratum.threshold = std::min(stratum.threshold, stratum.sampled[limit].hash - 1);
  stratum.sampled.resize(limit);
  stratum.sampled.shrink_to_fit();
  std::make_heap(stratum.sampled.begin(), stratum.sampled.end(), before);
}

void merge_strata(SampleStratum& to, SampleStratum&& from) {
  to.count += from.count;
  to.bytes += from.bytes;
  to.threshold = std::min(to.threshold, from.threshold);
  std::move(from.sampled.begin(), from.sampled.end(), std::back_inserter(to.sampled));
  // Above the smaller threshold one of the two has no connections, so they cannot remain.
  std::erase_if(to.sampled, [&](const SampledConnection& c) { return c.hash > to.threshold; });
  std::make_heap(to.sampled.begin(), to.sampled.end(), before);
}

}  // namespace

void ConnectionSample::Bucket::merge(Bucket&& other) {
  for (std::size_t i = 0; i < by_outcome.size(); ++i)
    merge_strata(by_outcome[i], std::move(other.by_outcome[i]));
}

void ConnectionSample::add(std::span<const Event> events) {
  for (const Event& event : events) {
    if (event.kind == EventKind::Record) add(event.connection);
  }
}

void ConnectionSample::insert(SampleStratum& stratum, std::uint64_t hash,
                              const ConnectionRecord& r) {
  stratum.sampled.push_back({.hash = hash,
                             .tuple = r.tuple,
                             .first = r.first,
                             .duration = r.duration(),
                             .synack_rtt = r.synack_rtt,
                             .orig_bytes = r.orig.bytes,
                             .resp_bytes = r.resp.bytes,
                             .syn_retries = r.syn_retries,
                             .state = r.state,
                             .closed_by = r.closed_by});
  std::push_heap(stratum.sampled.begin(), stratum.sampled.end(), before);
  ++stored_;
  if (stratum.sampled.size() > per_stratum_) {
    stratum.threshold = stratum.sampled.front().hash - 1;
    std::pop_heap(stratum.sampled.begin(), stratum.sampled.end(), before);
    stratum.sampled.pop_back();
    --stored_;
  }
  if (stored_ > kMaxSampled) shrink();
}

/// Lowers the number of connections for each stratum until the sample is within its bound.
void ConnectionSample::shrink() {
  stored_ = sampled();  // merging has removed some
  while (stored_ > kMaxSampled) {
    per_stratum_ -= (per_stratum_ + 3) / 4;
    for (Bucket& bucket : series_.used()) {
      for (SampleStratum& stratum : bucket.by_outcome) trim(stratum, per_stratum_);
    }
    stored_ = sampled();
  }
}

std::size_t ConnectionSample::sampled() const {
  std::size_t n = 0;
  for (const Bucket& bucket : series_.used()) {
    for (const SampleStratum& stratum : bucket.by_outcome) n += stratum.sampled.size();
  }
  return n;
}

}  // namespace synfin
