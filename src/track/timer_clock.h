/// \file
/// TimerClock: the time for timers, derived from packet times that may be wrong.
/// Tested in tests/unit/track/timer_clock_test.cc.
#pragma once

#include <cstdint>

#include "synfin/base/time.h"

namespace synfin {

/// The clock follows packet times forward and never backward, with two exceptions. A jump of more
/// than kJump takes effect only if a second packet confirms it, so that one absurd timestamp
/// expires nothing: a packet of about that time, or a later one, which shows that at least so much
/// time has passed. If packets stay behind for kBackwardTimeout of their own time, the clock of the
/// capturing machine was set back, and this clock follows.
class TimerClock {
 public:
  static constexpr Duration kJump = std::chrono::hours{1};
  static constexpr Duration kBackwardTimeout = std::chrono::minutes{1};
  /// A connection may be silent for this long. For it alone, the time of its own next packet counts
  /// at once.
  static constexpr Duration kMaxSilence = std::chrono::hours{30 * 24};
  /// Packets may be out of order by this much.
  static constexpr Duration kDisorder = std::chrono::seconds{1};

  /// Packets that were more than kDisorder older than this clock.
  struct Disorder {
    std::uint64_t packets = 0;
    Duration most{};  ///< of one packet
  };

  /// Takes the time of a packet. Returns true if the clock goes backward.
  bool advance(Timestamp t) {
    if (t < now_ || t > horizon_) return advance_irregularly(t);
    now_ = t;
    return false;
  }
  /// The same for a time that is no packet's.
  bool follow(Timestamp t) {
    const Disorder of_packets = disorder_;
    const bool backward = advance(t);
    disorder_ = of_packets;
    return backward;
  }
  Timestamp now() const { return now_; }
  const Disorder& disorder() const { return disorder_; }
  /// False for a time so far ahead that it is probably wrong.
  bool is_plausible(Timestamp t) const { return t <= saturating_add(now_, kMaxSilence); }

 private:
  bool advance_irregularly(Timestamp t);

  bool started_ = false;
  Timestamp now_{};
  /// Up to this time, advance() only has to set now_: it is now_ plus kJump or earlier, or min() if
  /// suspect_ or behind_ must change as well.
  Timestamp horizon_ = Timestamp::min();
  Timestamp suspect_ = Timestamp::min();  ///< the time of an unconfirmed jump
  Timestamp behind_ = Timestamp::min();   ///< the time at which packets fell behind
  Disorder disorder_;
};

}  // namespace synfin
