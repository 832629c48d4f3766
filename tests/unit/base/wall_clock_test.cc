#include "synfin/base/wall_clock.h"

#include <gtest/gtest.h>

#include <chrono>

#include "synfin/base/seed.h"

namespace synfin {
namespace {

TEST(WallClock, EqualsTheSystemClock) {
  const auto now = [] {
    return timestamp_from_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
  };
  const Timestamp before = now();
  const Timestamp read = wall_clock();
  EXPECT_LE(before, read);
  EXPECT_LE(read, now());
}

TEST(SteadyTime, EqualsTheSteadyClock) {
  const auto now = [] {
    return timestamp_from_ns(std::chrono::steady_clock::now().time_since_epoch().count());
  };
  const Timestamp before = now();
  const Timestamp read = steady_time();
  EXPECT_LE(before, read);
  EXPECT_LE(read, now());
}

TEST(RandomSeed, DiffersForEachCall) { EXPECT_NE(random_seed(), random_seed()); }

}  // namespace
}  // namespace synfin
