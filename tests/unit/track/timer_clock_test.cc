// TimerClock: packet times that jump forward, fall back, or are absurd.
#include "track/timer_clock.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace synfin {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kBegin = timestamp_from_ns(1'700'000'000'000'000'000);

/// The time of the clock after packets at these times, all relative to kBegin.
Duration after(std::initializer_list<Duration> times, Timestamp begin = kBegin) {
  TimerClock clock;
  clock.advance(begin);
  for (const Duration d : times) clock.advance(begin + d);
  return clock.now() - begin;
}

TEST(TimerClock, StartsAtAnyTimeAndFollows) {
  EXPECT_EQ(after({}), seconds{0});
  EXPECT_EQ(after({seconds{5}, seconds{65}}), seconds{65});
  EXPECT_EQ(after({hours{1}}), hours{1}) << "the longest ordinary step";
}

TEST(TimerClock, OneAbsurdJumpIsNotBelieved) {
  const Duration jump = hours{1} + Duration{1};
  EXPECT_EQ(after({jump}), seconds{0});
  EXPECT_EQ(after({jump, seconds{1}}), seconds{1});
  EXPECT_EQ(after({jump, seconds{1}, jump}), jump) << "from a second on it is an ordinary step";
  EXPECT_EQ(after({hours{24}, seconds{1}, hours{24}, seconds{2}}), seconds{2});
}

TEST(TimerClock, ASecondPacketNearbyConfirmsTheJump) {
  EXPECT_EQ(after({hours{24}, hours{24} + seconds{1}}), hours{24} + seconds{1});
  EXPECT_EQ(after({hours{24}, hours{25}}), hours{25});
  EXPECT_EQ(after({hours{24}, hours{23}}), hours{23}) << "they need not be in order";
  EXPECT_EQ(after({hours{24}, hours{48}}), hours{24}) << "so much time has passed at least";
  EXPECT_EQ(after({hours{24}, hours{48}, hours{72}}), hours{48});
  EXPECT_EQ(after({hours{48}, hours{24}}), seconds{0}) << "each absurd in its own way";
  EXPECT_EQ(after({hours{24}, hours{48}, hours{48}}), hours{48});
}

TEST(TimerClock, ACaptureFromTheFirstHourOf1970IsOrdinary) {
  for (const Duration begin : {Duration{0}, Duration{seconds{1}}, Duration{hours{1}}}) {
    EXPECT_EQ(after({hours{24}}, Timestamp{begin}), seconds{0});
    EXPECT_EQ(after({-seconds{1}}, Timestamp{begin}), seconds{0});
  }
}

TEST(TimerClock, NeverFollowsDisorderBack) {
  EXPECT_EQ(after({seconds{5}, seconds{4}}), seconds{5});
  EXPECT_EQ(after({seconds{5}, -hours{9}}), seconds{5});
  EXPECT_EQ(after({seconds{5}, -hours{9}, seconds{6}, -hours{8}}), seconds{6});
  EXPECT_EQ(after({seconds{5}, seconds{3}, seconds{4}, seconds{3}}), seconds{5});
}

TEST(TimerClock, GoesBackWithPacketsThatStayBehindForAMinute) {
  const Duration back = -hours{9};
  EXPECT_EQ(after({back, back + minutes{1} - Duration{1}}), seconds{0});
  EXPECT_EQ(after({back, back + minutes{1}}), back + minutes{1});
  EXPECT_EQ(after({back, seconds{1}, back + minutes{1}}), seconds{1}) << "one packet interrupts";
  EXPECT_EQ(after({back, back - minutes{5}, back + seconds{1}}), back + seconds{1})
      << "the minute counts from the earliest";
}

TEST(TimerClock, CountsPacketsThatAreTooOld) {
  TimerClock clock;
  for (const Duration d : {Duration{0}, Duration{seconds{9}}, Duration{seconds{8}}, Duration{0}}) {
    clock.advance(kBegin + d);
  }
  clock.advance(kBegin + seconds{7});
  EXPECT_FALSE(clock.follow(kBegin)) << "no packet's time";
  EXPECT_EQ(clock.disorder().packets, 2U) << "those at 0 s and 7 s";
  EXPECT_EQ(clock.disorder().most, seconds{9});
}

TEST(TimerClock, AcceptsTheSmallestAndTheLargestTime) {
  TimerClock clock;
  clock.advance(Timestamp::min());
  clock.advance(kBegin);
  EXPECT_EQ(clock.now(), Timestamp::min());
  clock.advance(kBegin);
  EXPECT_EQ(clock.now(), kBegin);
  clock.advance(Timestamp::max());
  EXPECT_EQ(clock.now(), kBegin);
  clock.advance(Timestamp::max());
  EXPECT_EQ(clock.now(), Timestamp::max());
  clock.advance(Timestamp::min());
  EXPECT_EQ(clock.now(), Timestamp::max());
}

}  // namespace
}  // namespace synfin
