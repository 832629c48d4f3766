/// \file
/// ConnectionSample: a bounded sample of connections for the HTML report, equally of each interval
/// of time and of each outcome, with exact counts for each interval and outcome.
///
/// A stratum is the connections that began in one bucket of time and had one outcome. Of each
/// stratum the sample holds those with the smallest hash, so that it is uniform and, for the same
/// records in the same order, always the same. Until more than kMaxSampled connections have been
/// counted it holds all of them. A figure of an interval is estimated by multiplying each sampled
/// connection by the count of its stratum ÷ the sampled connections of the stratum.
/// Memory: at most about 2 MiB. Not thread-safe. Tested in
/// tests/unit/report/connection_sample_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "report/bucket_series.h"
#include "synfin/report/tuple_hash.h"
#include "synfin/track/connection.h"
#include "synfin/track/event.h"

namespace synfin {

struct SampledConnection {
  std::uint64_t hash = 0;
  FiveTuple tuple;
  Timestamp first{};
  Duration duration{};
  Duration synack_rtt = kNoDuration;
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  std::uint16_t syn_retries = 0;
  ConnState state = ConnState::OTH;
  Side closed_by = Side::None;
};

/// Connections that began in one bucket of time and had one outcome.
struct SampleStratum {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t threshold = ~std::uint64_t{0};  ///< a larger hash is not sampled
  std::vector<SampledConnection> sampled;       ///< a heap with the largest hash in front
};

class ConnectionSample {
 public:
  static constexpr std::size_t kBuckets = 120;
  static constexpr std::size_t kMaxSampled = 8'000;

  struct Bucket {
    std::array<SampleStratum, kOutcomes> by_outcome;
    void merge(Bucket&& other);
  };

  /// Counts the records among `events` (EventKind::Record).
  void add(std::span<const Event> events);
  void add(const ConnectionRecord& record) {
    SampleStratum& stratum =
        series_.at(record.first).by_outcome[static_cast<std::size_t>(counted_outcome(record))];
    ++stratum.count;
    ++total_;
    stratum.bytes += record.orig.bytes + record.resp.bytes;
    const std::uint64_t hash = hash_of(record);
    if (hash <= stratum.threshold) insert(stratum, hash, record);
  }

  /// The buckets from start() on, each width() wide.
  std::span<const Bucket> buckets() const { return series_.used(); }
  Timestamp start() const { return series_.start(); }
  Duration width() const { return series_.width(); }
  std::uint64_t total() const { return total_; }
  /// The connections of all strata.
  std::size_t sampled() const;

 private:
  static std::uint64_t hash_of(const ConnectionRecord& r) {
    constexpr TupleHasher kHasher(TupleHasher::kFixedSeed);
    return kHasher.pair(kHasher(r.tuple).edge ^ r.tuple.orig.port,
                        static_cast<std::uint64_t>(to_ns(r.first))) |
           1;  // so that a threshold below it exists
  }
  void insert(SampleStratum& stratum, std::uint64_t hash, const ConnectionRecord& record);
  void shrink();

  BucketSeries<Bucket, kBuckets> series_;
  std::uint64_t total_ = 0;
  std::size_t stored_ = 0;  ///< an upper bound of the sampled connections
  std::size_t per_stratum_ = kMaxSampled;
};

}  // namespace synfin
