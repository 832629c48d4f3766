// See time_scale.h.
#include "capture/time_scale.h"

namespace synfin {
namespace {

constexpr std::uint64_t power_of_ten(unsigned exponent) {
  std::uint64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

}  // namespace

TimeScale::TimeScale(std::uint8_t resolution, std::int64_t offset_seconds)
    : offset_ns_(static_cast<Wide>(offset_seconds) * 1'000'000'000) {
  const unsigned exponent = resolution & 0x7FU;
  if ((resolution & 0x80U) != 0) {
    multiplier_ = 1'000'000'000;
    shift_ = static_cast<std::uint8_t>(exponent);
  } else if (exponent <= 9) {
    multiplier_ = static_cast<std::uint32_t>(power_of_ten(9 - exponent));
  } else if (exponent - 9 <= 19) {
    divisor_ = power_of_ten(exponent - 9);
  } else {
    multiplier_ = 0;  // 2^64 such ticks are less than a nanosecond
  }
}

}  // namespace synfin
