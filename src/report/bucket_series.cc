// The widths of buckets of time. See bucket_series.h.
#include "report/bucket_series.h"

namespace synfin {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

/// Each is a multiple of the previous one. The range of 64-bit time, 584 years, is 107 buckets of
/// the last.
constexpr std::int64_t kWidths[] = {
    1 * kMillisecond, 10 * kMillisecond, 100 * kMillisecond, 200 * kMillisecond, 1 * kSecond,
    2 * kSecond,      10 * kSecond,      20 * kSecond,       1 * kMinute,        2 * kMinute,
    10 * kMinute,     20 * kMinute,      1 * kHour,          2 * kHour,          6 * kHour,
    12 * kHour,       1 * kDay,          2 * kDay,           4 * kDay,           20 * kDay,
    100 * kDay,       400 * kDay,        2'000 * kDay};

}  // namespace

std::int64_t wider_bucket(std::int64_t width) {
  return *std::upper_bound(std::begin(kWidths), std::end(kWidths), width);
}

std::int64_t narrowest_bucket() { return kWidths[0]; }

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b < 0);
}

}  // namespace synfin
