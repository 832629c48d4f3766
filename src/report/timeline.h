/// \file
/// TimelineCounter: counts connections by their start in at most kBuckets buckets of time, whose
/// width grows with the time span.
///
/// Widths are round (100 ms, 200 ms, 1 s, 2 s, 10 s, 20 s, 1 min …). Each is a multiple of the
/// previous one, and buckets begin at multiples of their width since the epoch, so that widening
/// merges neighbours without a second pass over the records. Times may arrive in any order.
/// Not thread-safe. Tested in tests/unit/report/timeline_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "synfin/report/summary_data.h"

namespace synfin {

class TimelineCounter {
 public:
  static constexpr std::size_t kBuckets = 120;

  TimelineCounter();

  void add(Timestamp start, bool failed, std::uint64_t bytes) {
    TimelineBucket& bucket = bucket_at(to_ns(start));
    ++bucket.started;
    bucket.failed += failed;
    bucket.bytes += bytes;
  }

  Timeline timeline() const;

 private:
  TimelineBucket& bucket_at(std::int64_t ns) {
    if (ns < latest_begin_ || ns > latest_end_) select(ns);
    return buckets_[latest_];
  }
  void select(std::int64_t ns);
  std::int64_t number_of(std::int64_t ns) const;
  bool make_room(std::int64_t number);
  void widen();
  void shift(std::size_t by);

  std::array<TimelineBucket, kBuckets> buckets_{};
  std::int64_t width_;
  std::int64_t first_ = 0;  ///< number of buckets_[0], which is its begin ÷ width_
  std::size_t used_ = 0;
  std::size_t latest_ = 0;         ///< index of the bucket of the latest add()
  std::int64_t latest_begin_ = 1;  ///< its first nanosecond
  std::int64_t latest_end_ = 0;    ///< its last nanosecond
};

}  // namespace synfin
