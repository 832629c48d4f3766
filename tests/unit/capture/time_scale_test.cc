#include "capture/time_scale.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace synfin {
namespace {

std::int64_t ns(std::uint8_t resolution, std::uint64_t ticks, std::int64_t offset = 0) {
  return to_ns(TimeScale(resolution, offset)(ticks));
}

constexpr std::uint64_t kMost = UINT64_MAX;

TEST(TimeScale, CountsMicrosecondsByDefault) { EXPECT_EQ(to_ns(TimeScale()(7)), 7000); }

TEST(TimeScale, PowersOfTen) {
  EXPECT_EQ(ns(0, 3), 3'000'000'000);
  EXPECT_EQ(ns(3, 3), 3'000'000);
  EXPECT_EQ(ns(9, 3), 3);
  EXPECT_EQ(ns(12, 2999), 2) << "rounded down";
  EXPECT_EQ(ns(12, kMost), 18'446'744'073'709'551);
  EXPECT_EQ(ns(28, 10'000'000'000'000'000'000U), 1);
  EXPECT_EQ(ns(29, kMost), 0);
  EXPECT_EQ(ns(127, kMost), 0);
}

TEST(TimeScale, PowersOfTwo) {
  EXPECT_EQ(ns(0x80, 3), 3'000'000'000);
  EXPECT_EQ(ns(0x80 | 1, 3), 1'500'000'000);
  EXPECT_EQ(ns(0x80 | 32, (std::uint64_t{5} << 32) + (std::uint64_t{1} << 31)), 5'500'000'000);
  EXPECT_EQ(ns(0x80 | 63, kMost), 1'999'999'999);
  EXPECT_EQ(ns(0x80 | 127, kMost), 0);
}

TEST(TimeScale, AddsItsOffset) {
  EXPECT_EQ(ns(9, 5, 2), 2'000'000'005);
  EXPECT_EQ(ns(9, 5, -2), -1'999'999'995);
  EXPECT_EQ(ns(12, 1999, 1), 1'000'000'001);
}

TEST(TimeScale, ClampsWhatDoesNotFit) {
  EXPECT_EQ(ns(0, kMost), INT64_MAX);
  EXPECT_EQ(ns(6, kMost), INT64_MAX);
  EXPECT_EQ(ns(0x80, kMost, INT64_MAX), INT64_MAX);
  EXPECT_EQ(ns(9, 0, INT64_MIN), INT64_MIN);
  EXPECT_EQ(ns(9, 0, -9'223'372'037), INT64_MIN);
}

}  // namespace
}  // namespace synfin
