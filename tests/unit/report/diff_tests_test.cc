// The statistical tests against values that are computed by hand or known from tables.
#include "report/diff_tests.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

std::vector<Duration> times(std::initializer_list<int> ms) {
  std::vector<Duration> out;
  for (const int n : ms) out.push_back(std::chrono::milliseconds{n});
  return out;
}

TEST(DiffTests, FisherCountsArrangements) {
  EXPECT_NEAR(fisher_tail(0, 3, 3, 3), 1.0 / 20, 1e-9);   // one of 6 choose 3
  EXPECT_NEAR(fisher_tail(0, 5, 5, 5), 1.0 / 252, 1e-9);  // one of 10 choose 5
  EXPECT_NEAR(fisher_tail(1, 4, 3, 4), 17.0 / 70, 1e-9);  // the lady tasting tea
  EXPECT_NEAR(fisher_tail(2, 5, 0, 5), 1.0, 1e-9);
  EXPECT_LT(fisher_tail(0, 1'000'000, 1'000, 1'000), 1e-100);
}

TEST(DiffTests, RanksProveAShiftOnlyIfThereIsOne) {
  EXPECT_LT(rank_tail(times({1, 2, 3, 4, 5, 6, 7, 8}), times({11, 12, 13, 14, 15, 16, 17, 18})),
            0.001);
  EXPECT_GT(rank_tail(times({1, 2, 3, 4, 5, 6}), times({1, 2, 3, 4, 5, 6})), 0.3);
  EXPECT_GT(rank_tail(times({11, 12, 13, 14}), times({1, 2, 3, 4})), 0.9);
  EXPECT_EQ(rank_tail(times({5, 5, 5, 5}), times({5, 5, 5, 5})), 1);
  EXPECT_EQ(rank_tail(times({1, 2, 3}), times({11, 12, 13})), 1) << "three values prove nothing";
}

TEST(DiffTests, ManyTestsNeedStrongerProofs) {
  EXPECT_EQ(accepted_tail({0.02, 0.9, 0.5}, 0.01), 0);
  EXPECT_EQ(accepted_tail({0.001, 0.9, 0.5}, 0.01), 0.001);
  EXPECT_EQ(accepted_tail({0.001, 0.002, 0.004, 0.5}, 0.01), 0.004);
  EXPECT_EQ(accepted_tail({}, 0.01), 0);
}

}  // namespace
}  // namespace synfin
