// See significance.h.
#include "synfin/stats/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace synfin {
namespace {

constexpr std::size_t kMinValues = 8;

/// The ranks from 1, with the mean rank for equal values.
std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const double mean = (static_cast<double>(i) + static_cast<double>(end) + 1) / 2;
    for (; i < end; ++i) ranks[order[i]] = mean;
  }
  return ranks;
}

/// By how much correlated neighbours widen the variance of a sum: (1 + r) ÷ (1 - r), where r is the
/// correlation of neighbours around the mean of their part.
double variance_inflation(const std::vector<double>& ranks, std::size_t change) {
  const auto middle = ranks.begin() + static_cast<std::ptrdiff_t>(change);
  const auto mean = [](auto begin, auto end) {
    return std::accumulate(begin, end, 0.0) /
           static_cast<double>(std::max<std::ptrdiff_t>(end - begin, 1));
  };
  const double before = mean(ranks.begin(), middle);
  const double after = mean(middle, ranks.end());
  const auto residual = [&](std::size_t i) { return ranks[i] - (i < change ? before : after); };
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    squares += residual(i) * residual(i);
    if (i + 1 < ranks.size()) products += residual(i) * residual(i + 1);
  }
  if (squares <= 0) return 1;
  const double r = std::clamp(products / squares, 0.0, 0.95);
  return (1 + r) / (1 - r);
}

}  // namespace

double binomial_tail_bound(std::uint64_t n, std::uint64_t k, double p) {
  const auto trials = static_cast<double>(n);
  const double share = n == 0 ? 0 : static_cast<double>(k) / trials;
  if (share <= p || p <= 0) return 1;
  double divergence = share * std::log(share / p);
  if (share < 1) divergence += (1 - share) * std::log((1 - share) / (1 - p));
  return std::exp(-trials * divergence);
}

std::optional<ChangePoint> find_change(std::span<const double> values) {
  if (values.size() < kMinValues) return std::nullopt;
  const std::vector<double> ranks = ranks_of(values);
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  double largest = 0;
  ChangePoint best;
  for (std::size_t i = 0; i + 1 < ranks.size(); ++i) {
    sum += ranks[i];
    const double u = std::abs(2 * sum - static_cast<double>(i + 1) * (n + 1));
    if (u <= largest) continue;
    largest = u;
    best.at = i + 1;
  }
  const double inflation = variance_inflation(ranks, best.at);
  best.chance =
      std::min(1.0, 2 * std::exp(-6 * largest * largest / (inflation * (n * n * n + n * n))));
  return best;
}

}  // namespace synfin
