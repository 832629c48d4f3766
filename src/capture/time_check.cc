// See time_check.h.
#include "capture/time_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/base/time_range.h"

namespace synfin {

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
