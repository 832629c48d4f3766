/// \file
/// TimelineCounter: counts connections by their start in at most kBuckets buckets of time, whose
/// width grows with the time span (see BucketSeries).
/// Not thread-safe. Tested in tests/unit/report/timeline_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "report/bucket_series.h"
#include "synfin/report/summary_data.h"

namespace synfin {

class TimelineCounter {
 public:
  static constexpr std::size_t kBuckets = 120;

  void add(Timestamp start, bool failed, std::uint64_t bytes) {
    TimelineBucket& bucket = series_.at(start);
    ++bucket.started;
    bucket.failed += failed;
    bucket.bytes += bytes;
  }

  Timeline timeline() const;

 private:
  struct Bucket : TimelineBucket {
    void merge(Bucket&& other) {
      started += other.started;
      failed += other.failed;
      bytes += other.bytes;
    }
  };

  BucketSeries<Bucket, kBuckets> series_;
};

}  // namespace synfin
