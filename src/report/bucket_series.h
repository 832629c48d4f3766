/// \file
/// BucketSeries: buckets of time whose width grows with the time span, so that at most `kBuckets`
/// cover it.
///
/// Widths are round (100 ms, 200 ms, 1 s, 2 s, 10 s, 20 s, 1 min …). Each is a multiple of the
/// previous one, and buckets begin at multiples of their width since the epoch, so that widening
/// merges neighbours without a second pass over the records. Times may arrive in any order.
/// Not thread-safe. Tested in tests/unit/report/timeline_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "synfin/base/time.h"

namespace synfin {

/// The width after `width`. REQUIRES: `width` is not the widest.
std::int64_t wider_bucket(std::int64_t width);
std::int64_t narrowest_bucket();
std::int64_t floor_divide(std::int64_t a, std::int64_t b);

/// `Bucket` is default-constructible and has `void merge(Bucket&& other)`.
template <typename Bucket, std::size_t kBuckets>
class BucketSeries {
 public:
  Bucket& at(Timestamp time) {
    const std::int64_t ns = to_ns(time);
    if (ns < latest_begin_ || ns > latest_end_) select(ns);
    return buckets_[latest_];
  }

  std::span<const Bucket> used() const { return {buckets_.data(), used_}; }
  std::span<Bucket> used() { return {buckets_.data(), used_}; }
  Duration width() const { return Duration{width_}; }
  /// The begin of the first bucket. REQUIRES: at() was called.
  Timestamp start() const {
    std::int64_t begin = 0;
    if (__builtin_mul_overflow(first_, width_, &begin))
      begin = std::numeric_limits<std::int64_t>::min();
    return timestamp_from_ns(begin);
  }

 private:
  void select(std::int64_t ns);
  bool make_room(std::int64_t number);
  void widen();
  void shift(std::size_t by);

  std::array<Bucket, kBuckets> buckets_{};
  std::int64_t width_ = narrowest_bucket();
  std::int64_t first_ = 0;  ///< number of buckets_[0], which is its begin ÷ width_
  std::size_t used_ = 0;
  std::size_t latest_ = 0;         ///< index of the bucket of the latest at()
  std::int64_t latest_begin_ = 1;  ///< its first nanosecond
  std::int64_t latest_end_ = 0;    ///< its last nanosecond
};

template <typename Bucket, std::size_t kBuckets>
void BucketSeries<Bucket, kBuckets>::select(std::int64_t ns) {
  if (used_ == 0) {
    first_ = floor_divide(ns, width_);
    used_ = 1;
  }
  while (!make_room(floor_divide(ns, width_))) widen();
  const std::int64_t number = floor_divide(ns, width_);
  latest_ = static_cast<std::size_t>(number - first_);
  // The outermost buckets exceed the range of 64-bit time.
  if (__builtin_mul_overflow(number, width_, &latest_begin_)) latest_begin_ = ns;
  if (__builtin_add_overflow(latest_begin_, width_ - 1, &latest_end_))
    latest_end_ = std::numeric_limits<std::int64_t>::max();
}

/// Extends the used buckets to include `number`. Returns false if that would exceed kBuckets.
template <typename Bucket, std::size_t kBuckets>
bool BucketSeries<Bucket, kBuckets>::make_room(std::int64_t number) {
  const std::int64_t begin = std::min(number, first_);
  const std::int64_t end = std::max(number + 1, first_ + static_cast<std::int64_t>(used_));
  if (end - begin > static_cast<std::int64_t>(kBuckets)) return false;
  shift(static_cast<std::size_t>(first_ - begin));
  first_ = begin;
  used_ = static_cast<std::size_t>(end - begin);
  return true;
}

template <typename Bucket, std::size_t kBuckets>
void BucketSeries<Bucket, kBuckets>::shift(std::size_t by) {
  if (by == 0) return;
  std::move_backward(buckets_.begin(), buckets_.begin() + used_, buckets_.begin() + used_ + by);
  std::generate_n(buckets_.begin(), by, [] { return Bucket{}; });
}

/// REQUIRES: width_ is not the widest. The widest buckets cover all of 64-bit time.
template <typename Bucket, std::size_t kBuckets>
void BucketSeries<Bucket, kBuckets>::widen() {
  const std::int64_t wider = wider_bucket(width_);
  const std::int64_t factor = wider / width_;
  const std::int64_t first = floor_divide(first_, factor);
  const std::int64_t last = floor_divide(first_ + static_cast<std::int64_t>(used_) - 1, factor);
  for (std::size_t i = 0; i < used_; ++i) {
    const std::int64_t number = floor_divide(first_ + static_cast<std::int64_t>(i), factor);
    const auto to = static_cast<std::size_t>(number - first);
    if (to == i) continue;  // the first bucket remains where it is
    Bucket from = std::exchange(buckets_[i], Bucket{});
    buckets_[to].merge(std::move(from));
  }
  used_ = static_cast<std::size_t>(last - first + 1);
  first_ = first;
  width_ = wider;
}

}  // namespace synfin
