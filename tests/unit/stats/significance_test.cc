#include "synfin/stats/significance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace synfin {
namespace {

/// The probability of `k` or more successes, exactly.
double binomial_tail(unsigned n, unsigned k, double p) {
  double sum = 0;
  for (unsigned i = k; i <= n; ++i) {
    const double log_choose =
        std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0);
    sum += std::exp(log_choose + i * std::log(p) + (n - i) * std::log1p(-p));
  }
  return sum;
}

TEST(Significance, TheBoundIsAboveTheTailAndNotFarAbove) {
  for (const unsigned n : {10u, 60u, 300u}) {
    for (const double p : {0.01, 0.1, 0.4}) {
      for (unsigned k = static_cast<unsigned>(n * p) + 1; k <= n; k += 3) {
        const double exact = binomial_tail(n, k, p);
        const double bound = binomial_tail_bound(n, k, p);
        EXPECT_GE(bound, exact * 0.999) << n << " " << k << " " << p;
        if (exact > 1e-200) {
          EXPECT_LE(bound, exact * 60) << n << " " << k << " " << p;
        }
      }
    }
  }
  EXPECT_EQ(binomial_tail_bound(10, 1, 0.5), 1);
  EXPECT_EQ(binomial_tail_bound(0, 0, 0.5), 1);
}

TEST(Significance, AStepIsFoundWhereItIs) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 1);
  for (const std::size_t step : {20u, 50u, 80u}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < 100; ++i) values.push_back(noise(random) + (i < step ? 0 : 4));
    const auto change = find_change(values);
    ASSERT_TRUE(change);
    EXPECT_NEAR(static_cast<double>(change->at), static_cast<double>(step), 3);
    EXPECT_LT(change->chance, 1e-4);
  }
}

TEST(Significance, NoChangeInEqualOrFewValues) {
  EXPECT_FALSE(find_change(std::vector<double>(7, 1)));
  const auto equal = find_change(std::vector<double>(100, 1));
  ASSERT_TRUE(equal);
  EXPECT_EQ(equal->chance, 1);
}

/// With independent noise, a bound of 0.01 may be undercut in at most 1 % of the series.
TEST(Significance, NoiseSeldomPasses) {
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> noise(0, 0.5);
  int passed = 0;
  for (int run = 0; run < 2000; ++run) {
    std::vector<double> values;
    for (int i = 0; i < 100; ++i) values.push_back(noise(random));
    passed += find_change(values)->chance < 0.01;
  }
  EXPECT_LE(passed, 20);
}

}  // namespace
}  // namespace synfin
