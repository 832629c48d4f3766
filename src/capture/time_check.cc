// See time_check.h.
#include "capture/time_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace synfin {
namespace {

/// 1910-01-01 and 2200-01-01: 290 years, so the difference between two times in this range fits
/// into 64 bits of nanoseconds, which hold 292 years.
constexpr Timestamp kMinTime = timestamp_from_ns(-1'893'456'000'000'000'000);
constexpr Timestamp kMaxTime = timestamp_from_ns(7'258'118'400'000'000'000);
static_assert(saturating_sub(kMaxTime, kMinTime) < Duration::max());

}  // namespace

/// Times that are near their neighbours could otherwise drift to the ends of 64-bit time.
void TimeCheck::correct(Packet& packet) {
  if (last_ && is_near(packet.time, *last_)) {
    packet.time = std::clamp(packet.time, kMinTime, kMaxTime);
    last_ = packet.time;
    agreeing_ = 0;
  } else {
    packet.time = judge(packet.time);
  }
}

void TimeCheck::correct_first(Packet& first, Timestamp second) {
  if (is_plausible(second)) {
    record_damage(first.time);
    first.time = second;
  }
  first.time = std::clamp(first.time, kMinTime, kMaxTime);
  last_ = first.time;
}

Timestamp TimeCheck::judge(Timestamp time) {
  const bool clock_set = last_ && !is_plausible(*last_) && is_plausible(time);
  if (!last_ || clock_set) {
    last_ = std::clamp(time, kMinTime, kMaxTime);
    return *last_;
  }
  record_damage(time);
  agreeing_ = agreeing_ > 0 && is_near(time, candidate_) ? agreeing_ + 1 : 1;
  candidate_ = time;
  if (agreeing_ >= kMinPersistent && is_plausible(time)) {
    last_ = time;
    agreeing_ = 0;
  }
  return *last_;
}

void TimeCheck::record_damage(Timestamp time) {
  if (!damage_.empty()) return;
  const Timestamp shown = std::clamp(time, kMinTime, kMaxTime);
  damage_ = fmt::format(
      "a packet has the time {}, decades away from its neighbours; such times are replaced by that "
      "of the packet before",
      format_rfc3339(shown));
}

}  // namespace synfin
