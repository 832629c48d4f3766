/// \file
/// TimerClock: the time at which timers stand, out of packet times that may lie.
/// Tested in tests/unit/track/timer_clock_test.cc.
#pragma once

#include "synfin/base/time.h"

namespace synfin {

/// Follows the packets' times forward and never back, with two exceptions:
/// a jump of more than kJump is believed only when a second packet confirms it, so that one absurd
/// timestamp expires nothing; and when packets stay behind for kBackwardTimeout of their own time,
/// the clock was set back, and goes back too.
class TimerClock {
 public:
  static constexpr Duration kJump = std::chrono::hours{1};
  static constexpr Duration kBackwardTimeout = std::chrono::minutes{1};
  /// Packets this little out of order are ordinary.
  static constexpr Duration kDisorder = std::chrono::seconds{1};

  void advance(Timestamp t) {
    if (started_ && t >= now_ && t <= saturating_add(now_, kJump)) {
      now_ = t;
      suspect_ = behind_ = Timestamp::min();
    } else {
      advance_oddly(t);
    }
  }
  Timestamp now() const { return now_; }

 private:
  void advance_oddly(Timestamp t);

  bool started_ = false;
  Timestamp now_{};
  Timestamp suspect_ = Timestamp::min();  ///< where an unconfirmed jump went
  Timestamp behind_ = Timestamp::min();   ///< where packets began to stay behind
};

}  // namespace synfin
