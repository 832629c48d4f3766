#include "synfin/stats/rtt_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;

void expect_near(Duration got, Duration exact) {
  EXPECT_NEAR(static_cast<double>(got.count()), static_cast<double>(exact.count()),
              static_cast<double>(exact.count()) * 0.02)
      << format_human(got) << " for " << format_human(exact);
}

Duration exact_quantile(std::vector<Duration> all, std::size_t percent) {
  std::sort(all.begin(), all.end());
  return all[(all.size() * percent + 99) / 100 - 1];
}

TEST(RttPool, HasNoQuantilesWithoutSamples) {
  const RttPool pool(10);
  const RttQuantiles q = pool.quantiles({});
  EXPECT_EQ(q.p50, kNoDuration);
  EXPECT_EQ(q.p99, kNoDuration);
  EXPECT_EQ(q.samples, 0u);
}

TEST(RttPool, ReportsOneSampleWithinTwoPercent) {
  for (Duration d = 2us; d < 130s; d += d / 7) {
    RttPool pool(10);
    RttSamples samples;
    pool.add(samples, d);
    expect_near(pool.quantiles(samples).p50, d);
    expect_near(pool.quantiles(samples).p99, d);
  }
}

TEST(RttPool, FewSamplesAreNearlyExact) {
  for (const std::size_t n : {1, 3, 40}) {
    for (Duration d = 1ns; d < 130s; d += d / 7 + 1ns) {
      RttPool pool(10);
      RttSamples samples;
      for (std::size_t i = 0; i < n; ++i) pool.add(samples, d);
      const RttQuantiles q = pool.quantiles(samples);
      EXPECT_NEAR(static_cast<double>(q.p50.count()), static_cast<double>(d.count()),
                  static_cast<double>(d.count()) * 0.0003);
    }
  }
}

TEST(RttPool, NoPercentileExceedsTheGreatestOrFallsBelowTheLeastSample) {
  for (Duration d = 1us; d < 130s; d += d / 7) {
    RttPool pool(10);
    RttSamples samples;
    for (int i = 0; i < 1000; ++i) pool.add(samples, d);
    const RttQuantiles q = pool.quantiles(samples);
    EXPECT_NEAR(static_cast<double>(q.p99.count()), static_cast<double>(d.count()),
                static_cast<double>(d.count()) * 0.0003);
  }
}

TEST(RttPool, CountsValuesOutsideTheRangeAtItsEnds) {
  RttPool pool(10);
  RttSamples samples;
  pool.add(samples, 0ns);
  EXPECT_LT(pool.quantiles(samples).p50, 2us);
  RttSamples slow;
  pool.add(slow, std::chrono::hours{10});
  EXPECT_GT(pool.quantiles(slow).p50, 130s);
}

/// Numbers of samples that fit in the key, in a list, and only in counts.
class RttPoolSizes : public testing::TestWithParam<std::size_t> {};

TEST_P(RttPoolSizes, QuantilesAreThoseOfTheSamples) {
  RttPool pool(100);
  RttSamples samples;
  std::vector<Duration> all;
  for (std::uint64_t i = 0; i < GetParam(); ++i) {
    const std::uint64_t r = mix64(i + 1, 0x9E3779B97F4A7C15);
    all.push_back(Duration{static_cast<std::int64_t>(50'000 + (r % 1000) * (r % 997) * 40)});
    pool.add(samples, all.back());
  }
  const RttQuantiles q = pool.quantiles(samples);
  EXPECT_EQ(q.samples, all.size());
  expect_near(q.p50, exact_quantile(all, 50));
  expect_near(q.p99, exact_quantile(all, 99));
  EXPECT_TRUE(pool.complete());
}

INSTANTIATE_TEST_SUITE_P(Sizes, RttPoolSizes,
                         testing::Values(1, 2, 3, 4, 5, 63, 64, 65, 128, 129, 1000, 20'000));

TEST(RttPool, IsIncompleteWhenThePoolIsEmpty) {
  RttPool pool(1);
  RttSamples a;
  RttSamples b;
  for (int i = 0; i < 10; ++i) pool.add(a, 1ms);
  EXPECT_TRUE(pool.complete());
  for (int i = 0; i < 10; ++i) pool.add(b, 5ms);
  EXPECT_FALSE(pool.complete());
  EXPECT_EQ(pool.quantiles(a).samples, 10u);
  EXPECT_EQ(pool.quantiles(b).samples, RttSamples::kMaxInline);
  expect_near(pool.quantiles(b).p50, 5ms);
}

TEST(RttPool, UsesReleasedBlocksAgain) {
  RttPool pool(4);
  for (int round = 0; round < 50; ++round) {
    RttSamples samples;
    for (int i = 0; i < 200; ++i) pool.add(samples, i % 2 == 0 ? 1ms : 30ms);
    EXPECT_EQ(pool.quantiles(samples).samples, 200u);
    expect_near(pool.quantiles(samples).p50, 1ms);
    expect_near(pool.quantiles(samples).p99, 30ms);
    pool.release(samples);
    EXPECT_EQ(pool.quantiles(samples).samples, 0u);
  }
  EXPECT_TRUE(pool.complete());
}

}  // namespace
}  // namespace synfin
