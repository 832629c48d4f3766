// See slot.h.
#include "track/slot.h"

namespace synfin {

void PackedRtt::set(Duration d) {
  const std::int64_t ns = d.count();
  if (ns < 0) return;
  if (ns < kMicroseconds) {
    bits_ = static_cast<std::uint32_t>(ns);
  } else if (const std::int64_t us = ns / 1000; us < kMicroseconds - 1) {
    bits_ = static_cast<std::uint32_t>(us) | kMicroseconds;
  }
}

Duration PackedRtt::get() const {
  if (!known()) return kNoDuration;
  if ((bits_ & kMicroseconds) == 0) return Duration{bits_};
  return std::chrono::microseconds{bits_ & ~kMicroseconds};
}

}  // namespace synfin
