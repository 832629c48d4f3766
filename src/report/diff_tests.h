/// \file
/// The statistical tests of `synfin diff`: is a difference more than chance explains?
///
/// Specs: Fisher's exact test; Mann and Whitney, "On a Test of Whether one of Two Random Variables
/// is Stochastically Larger than the Other", 1947; Benjamini and Hochberg, "Controlling the False
/// Discovery Rate", 1995. Tested in tests/unit/report/diff_tests_test.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "synfin/base/time.h"

namespace synfin {

/// The probability that `b_hits` of `b` or more are hits by chance, if `a_hits` of `a` and these
/// are drawn from one population. REQUIRES: hits do not exceed their totals.
double fisher_tail(std::uint64_t a_hits, std::uint64_t a, std::uint64_t b_hits, std::uint64_t b);

/// The probability that values of `after` are by chance as much larger than those of `before` as
/// they are. Normal approximation with correction for ties; 1 if a side has fewer than 4 values.
double rank_tail(const std::vector<Duration>& before, const std::vector<Duration>& after);

/// The largest p-value that may be accepted so that at most `share` of what is accepted is chance.
/// 0 accepts nothing.
double accepted_tail(std::vector<double> tails, double share);

}  // namespace synfin
