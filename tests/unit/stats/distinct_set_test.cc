#include "synfin/stats/distinct_set.h"

#include <gtest/gtest.h>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

/// The n-th of many fingerprints without a pattern.
std::uint64_t fingerprint(std::uint64_t n) {
  return mix64(n + 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93);
}

TEST(DistinctSet, IsExactUpToItsLimit) {
  DistinctSet set(10'000, 3);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(set.contains(fingerprint(i)));
    EXPECT_EQ(set.insert(fingerprint(i)), 1u);
    EXPECT_EQ(set.insert(fingerprint(i)), 0u);
    EXPECT_TRUE(set.contains(fingerprint(i)));
  }
  EXPECT_TRUE(set.exact());
  EXPECT_FALSE(set.contains(fingerprint(10'000)));
}

TEST(DistinctSet, HoldsTheFingerprintZero) {
  DistinctSet set(10, 3);
  EXPECT_FALSE(set.contains(0));
  EXPECT_EQ(set.insert(0), 1u);
  EXPECT_EQ(set.insert(0), 0u);
  EXPECT_TRUE(set.contains(0));
}

TEST(DistinctSet, RemembersAcrossTheLimit) {
  DistinctSet set(100, 3);
  for (std::uint64_t i = 0; i < 200; ++i) set.insert(fingerprint(i));
  EXPECT_FALSE(set.exact());
  for (std::uint64_t i = 0; i < 200; ++i) {
    EXPECT_TRUE(set.contains(fingerprint(i)));
    EXPECT_EQ(set.insert(fingerprint(i)), 0u);
  }
}

TEST(DistinctSet, EstimatesMillionsWithinHalfAPercent) {
  DistinctSet set(1000, 3);
  std::uint64_t counted = 0;
  constexpr std::uint64_t kMany = 5'000'000;
  for (std::uint64_t i = 0; i < kMany; ++i) counted += set.insert(fingerprint(i));
  EXPECT_NEAR(static_cast<double>(counted), kMany, kMany * 0.005);
  for (std::uint64_t i = 0; i < kMany; i += 1000) EXPECT_EQ(set.insert(fingerprint(i)), 0u);
}

TEST(DistinctSet, ServesCountersOfAllSizes) {
  DistinctSet set(0, 3);
  std::uint64_t small = 0;
  for (std::uint64_t i = 0; i < 3'000'000; ++i) {
    set.insert(fingerprint(2 * i));
    if (i % 3000 == 0) small += set.insert(fingerprint(2 * i + 1));
  }
  EXPECT_NEAR(static_cast<double>(small), 1000, 50);
}

TEST(DistinctSet, CountsTheSameUnderEverySeed) {
  DistinctSet a(500, 1);
  DistinctSet b(500, 0xABCDEF);
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    const std::uint64_t f = fingerprint(i % 200'000);
    ASSERT_EQ(a.insert(f), b.insert(f)) << i;
  }
}

TEST(DistinctSet, StaysWithinItsMemory) {
  DistinctSet set(1000, 1);
  for (std::uint64_t i = 0; i < 2'000'000; ++i) set.insert(fingerprint(i));
  EXPECT_LE(set.memory(), std::size_t{8} << 20);
}

}  // namespace
}  // namespace synfin
