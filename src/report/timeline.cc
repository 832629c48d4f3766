// See timeline.h.
#include "report/timeline.h"

#include <algorithm>
#include <limits>

namespace synfin {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// Each is a multiple of the previous one. The range of 64-bit time, 584 years, is 107 buckets of
/// the last.
constexpr std::int64_t kWidths[] = {
    1 * kMillisecond, 10 * kMillisecond, 100 * kMillisecond, 200 * kMillisecond, 1 * kSecond,
    2 * kSecond,      10 * kSecond,      20 * kSecond,       1 * kMinute,        2 * kMinute,
    10 * kMinute,     20 * kMinute,      1 * kHour,          2 * kHour,          6 * kHour,
    12 * kHour,       1 * kDay,          2 * kDay,           4 * kDay,           20 * kDay,
    100 * kDay,       400 * kDay,        2'000 * kDay};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b < 0);
}

}  // namespace

TimelineCounter::TimelineCounter() : width_(kWidths[0]) {}

std::int64_t TimelineCounter::number_of(std::int64_t ns) const { return floor_divide(ns, width_); }

void TimelineCounter::select(std::int64_t ns) {
  if (used_ == 0) {
    first_ = number_of(ns);
    used_ = 1;
  }
  while (!make_room(number_of(ns))) widen();
  const std::int64_t number = number_of(ns);
  latest_ = static_cast<std::size_t>(number - first_);
  // The outermost buckets exceed the range of 64-bit time.
  if (__builtin_mul_overflow(number, width_, &latest_begin_)) latest_begin_ = ns;
  if (__builtin_add_overflow(latest_begin_, width_ - 1, &latest_end_)) latest_end_ = kMax;
}

/// Extends the used buckets to include `number`. Returns false if that would exceed kBuckets.
bool TimelineCounter::make_room(std::int64_t number) {
  const std::int64_t begin = std::min(number, first_);
  const std::int64_t end = std::max(number + 1, first_ + static_cast<std::int64_t>(used_));
  if (end - begin > static_cast<std::int64_t>(kBuckets)) return false;
  shift(static_cast<std::size_t>(first_ - begin));
  first_ = begin;
  used_ = static_cast<std::size_t>(end - begin);
  return true;
}

void TimelineCounter::shift(std::size_t by) {
  if (by == 0) return;
  std::copy_backward(buckets_.begin(), buckets_.begin() + used_, buckets_.begin() + used_ + by);
  std::fill_n(buckets_.begin(), by, TimelineBucket{});
}

/// REQUIRES: width_ is not the widest. The widest buckets cover all of 64-bit time.
void TimelineCounter::widen() {
  const std::int64_t wider = *std::upper_bound(std::begin(kWidths), std::end(kWidths), width_);
  const std::int64_t factor = wider / width_;
  const std::int64_t first = floor_divide(first_, factor);
  std::array<TimelineBucket, kBuckets> merged{};
  for (std::size_t i = 0; i < used_; ++i) {
    const std::int64_t number = floor_divide(first_ + static_cast<std::int64_t>(i), factor);
    TimelineBucket& to = merged[static_cast<std::size_t>(number - first)];
    to.started += buckets_[i].started;
    to.failed += buckets_[i].failed;
    to.bytes += buckets_[i].bytes;
  }
  const std::int64_t last = floor_divide(first_ + static_cast<std::int64_t>(used_) - 1, factor);
  buckets_ = merged;
  used_ = static_cast<std::size_t>(last - first + 1);
  first_ = first;
  width_ = wider;
}

Timeline TimelineCounter::timeline() const {
  Timeline t;
  if (used_ == 0) return t;
  std::int64_t begin = 0;
  if (__builtin_mul_overflow(first_, width_, &begin))
    begin = std::numeric_limits<std::int64_t>::min();
  t.start = timestamp_from_ns(begin);
  t.width = Duration{width_};
  t.buckets.assign(buckets_.begin(), buckets_.begin() + used_);
  return t;
}

}  // namespace synfin
