/// \file
/// Tests of significance: how probable an observation is if chance alone made it. Each result is an
/// upper bound, so a claim below a threshold is false at most that often.
///
/// Tested in tests/unit/stats/significance_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace synfin {

/// A bound on the probability of `k` or more successes in `n` trials with probability `p` each
/// (Chernoff, in the form of Hoeffding 1963, theorem 1). 1 if `k` is not above the expectation.
double binomial_tail_bound(std::uint64_t n, std::uint64_t k, double p);

struct ChangePoint {
  std::size_t at = 0;  ///< the first value after the change
  double chance = 1;   ///< the probability of such a difference of ranks without a change
};

/// Finds the most probable change of the median in a series, by ranks (Pettitt, "A Non-Parametric
/// Approach to the Change-Point Problem", 1979): the largest Mann-Whitney statistic over all
/// moments. The result accounts for the choice among the moments. Values near each other in time
/// are often alike; the variance is therefore widened by their correlation, as for a process of
/// first order. Takes O(n log n). Empty for fewer than 8 values.
std::optional<ChangePoint> find_change(std::span<const double> values);

}  // namespace synfin
