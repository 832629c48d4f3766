// See diff_tests.h.
#include "report/diff_tests.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace synfin {
namespace {

double log_choose(std::uint64_t n, std::uint64_t k) {
  // lgamma_r, because lgamma stores the sign in a global variable.
  int sign = 0;
  const auto log_factorial = [&sign](std::uint64_t x) {
    return lgamma_r(static_cast<double>(x) + 1, &sign);
  };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace

double fisher_tail(std::uint64_t a_hits, std::uint64_t a, std::uint64_t b_hits, std::uint64_t b) {
  const std::uint64_t hits = a_hits + b_hits;
  const std::uint64_t most = std::min(hits, b);
  const double all = log_choose(a + b, hits);
  double tail = 0;
  for (std::uint64_t k = b_hits; k <= most; ++k) {
    if (hits - k > a) continue;
    const double term = std::exp(log_choose(b, k) + log_choose(a, hits - k) - all);
    tail += term;
    if (term < tail * 1e-12) break;
  }
  return std::min(tail, 1.0);
}

double rank_tail(const std::vector<Duration>& before, const std::vector<Duration>& after) {
  constexpr std::size_t kMin = 4;
  if (before.size() < kMin || after.size() < kMin) return 1;
  std::vector<std::pair<Duration, bool>> all;
  for (const Duration d : before) all.emplace_back(d, false);
  for (const Duration d : after) all.emplace_back(d, true);
  std::sort(all.begin(), all.end());
  const auto n = static_cast<double>(all.size());
  double rank_sum = 0, ties = 0;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i;
    while (end < all.size() && all[end].first == all[i].first) ++end;
    const auto equal = static_cast<double>(end - i);
    const double rank = static_cast<double>(i) + (equal + 1) / 2;
    for (; i < end; ++i) rank_sum += all[i].second ? rank : 0;
    ties += equal * equal * equal - equal;
  }
  const auto na = static_cast<double>(before.size()), nb = static_cast<double>(after.size());
  const double u = rank_sum - nb * (nb + 1) / 2;
  const double variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
  if (variance <= 0) return 1;
  return std::erfc((u - na * nb / 2 - 0.5) / std::sqrt(2 * variance)) / 2;
}

double accepted_tail(std::vector<double> tails, double share) {
  std::sort(tails.begin(), tails.end());
  for (std::size_t i = tails.size(); i > 0; --i) {
    const double bound = share * static_cast<double>(i) / static_cast<double>(tails.size());
    if (tails[i - 1] <= bound) return tails[i - 1];
  }
  return 0;
}

}  // namespace synfin
