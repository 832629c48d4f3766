// See timer_clock.h.
#include "track/timer_clock.h"

#include <algorithm>

namespace synfin {

bool TimerClock::advance_irregularly(Timestamp t) {
  horizon_ = Timestamp::min();
  if (!started_ || (t >= now_ && t <= saturating_add(now_, kJump))) {
    started_ = true;
    now_ = t;
    suspect_ = behind_ = Timestamp::min();
    horizon_ = saturating_add(now_, kJump);
    return false;
  }
  if (t > now_) {
    const bool confirmed = suspect_ != Timestamp::min() && t >= saturating_add(suspect_, -kJump);
    const bool jumps_again = confirmed && t > saturating_add(suspect_, kJump);
    if (confirmed) now_ = jumps_again ? suspect_ : t;
    suspect_ = confirmed && !jumps_again ? Timestamp::min() : t;
    return false;
  }
  suspect_ = Timestamp::min();
  if (t >= saturating_add(now_, -kDisorder)) return false;
  ++disorder_.packets;
  disorder_.most = std::max(disorder_.most, saturating_sub(now_, t));
  if (behind_ == Timestamp::min() || t < behind_) behind_ = t;
  if (t < saturating_add(behind_, kBackwardTimeout)) return false;
  now_ = t;
  behind_ = Timestamp::min();
  return true;
}

}  // namespace synfin
