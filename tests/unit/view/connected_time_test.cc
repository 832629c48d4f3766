// ConnectedTime: the length of the union of time spans.
#include "synfin/view/connected_time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace synfin {
namespace {

Timestamp at(std::int64_t ns) { return timestamp_from_ns(ns); }

struct Span {
  std::int64_t from;
  std::int64_t until;
};

std::int64_t total(const std::vector<Span>& spans) {
  ConnectedTime time;
  for (const Span& span : spans) time.add(at(span.from), at(span.until));
  return time.total().count();
}

TEST(ConnectedTime, OverlapsCountOnce) {
  EXPECT_EQ(total({}), 0);
  EXPECT_EQ(total({{5, 5}, {7, 3}}), 0) << "empty spans";
  EXPECT_EQ(total({{0, 10}, {5, 20}}), 20);
  EXPECT_EQ(total({{8, 10}, {0, 20}}), 20) << "a long connection ends after a short one";
  EXPECT_EQ(total({{0, 20}, {8, 10}}), 20);
  EXPECT_EQ(total({{0, 1}, {10, 12}, {20, 23}, {0, 30}}), 30);
  EXPECT_EQ(total({{20, 23}, {0, 1}, {10, 12}}), 6) << "in any order";
  EXPECT_EQ(total({{0, 10}, {10, 20}, {-5, 0}}), 25);
}

TEST(ConnectedTime, SpansThatFollowOneAnotherAreExact) {
  ConnectedTime time;
  for (std::int64_t i = 0; i < 10'000; ++i) time.add(at(i * 100), at(i * 100 + 1 + i % 99));
  std::int64_t expected = 0;
  for (std::int64_t i = 0; i < 10'000; ++i) expected += 1 + i % 99;
  EXPECT_EQ(time.total().count(), expected);
}

TEST(ConnectedTime, ASpanOverAllStretchesIsItsLength) {
  ConnectedTime time;
  for (std::int64_t i = 0; i < 1'000; ++i) time.add(at(i * 100), at(i * 100 + 1));
  time.add(at(-1), at(200'000));
  EXPECT_EQ(time.total().count(), 200'001);
}

TEST(ConnectedTime, FewStretchesAreExactAndManyLieWithinTheSpanOfAll) {
  std::mt19937 random(16);
  for (int round = 0; round < 3'000; ++round) {
    const bool few = round % 2 == 0;
    std::vector<bool> covered(400);
    ConnectedTime time;
    for (int i = 0; i < 12; ++i) {
      // Four regions at most can become stretches of their own.
      const std::int64_t region = few ? static_cast<std::int64_t>(random() % 4) * 100 : 0;
      const std::int64_t width = few ? 90 : 400;
      std::int64_t a = region + static_cast<std::int64_t>(random()) % width;
      std::int64_t b = region + static_cast<std::int64_t>(random()) % width;
      if (few) a = region + 40 - static_cast<std::int64_t>(random() % 40), b = region + 41 + b % 49;
      if (a > b) std::swap(a, b);
      time.add(at(a), at(b));
      for (std::int64_t t = a; t < b; ++t) covered[static_cast<std::size_t>(t)] = true;
    }
    const auto expected = std::count(covered.begin(), covered.end(), true);
    if (few) {
      ASSERT_EQ(time.total().count(), expected) << "round " << round;
    }
    const auto first = std::find(covered.begin(), covered.end(), true);
    const auto last = std::find(covered.rbegin(), covered.rend(), true);
    ASSERT_LE(time.total().count(), last.base() - first) << "round " << round;
  }
}

TEST(ConnectedTime, SaturatesAtTheLimits) {
  ConnectedTime time;
  time.add(Timestamp::min(), Timestamp::max());
  time.add(at(0), at(10));
  time.add(Timestamp::min(), at(5));
  EXPECT_EQ(time.total(), Duration::max());
}

}  // namespace
}  // namespace synfin
