// See significance.h.
#include "synfin/stats/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace synfin {
namespace {

constexpr std::size_t kMinValues = 8;
constexpr std::size_t kBatches = 12;
/// A change has at least this many values on each side.
constexpr std::size_t kMinSide = 4;

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

/// The ranks less the mean of their part.
std::vector<double> residuals_of(std::vector<double> ranks, std::size_t change) {
  const auto subtract_mean = [](auto begin, auto end) {
    if (begin == end) return;
    const double mean = std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin);
    for (auto at = begin; at != end; ++at) *at -= mean;
  };
  const auto middle = ranks.begin() + static_cast<std::ptrdiff_t>(change);
  subtract_mean(ranks.begin(), middle);
  subtract_mean(middle, ranks.end());
  return ranks;
}

/// By how much values that are alike in time widen the variance of a sum, at least 1. It is the
/// larger of two estimates: (1 + r) ÷ (1 - r) for a process of first order, where r is the
/// correlation of neighbours, corrected for its bias in each part by (1 + 4r) ÷ n (Kendall, "Note
/// on Bias in the Estimation of Autocorrelation", 1954); and the variance of the means of kBatches
/// batches, which shows longer waves.
double variance_inflation(const std::vector<double>& ranks, std::size_t change) {
  const std::vector<double> residuals = residuals_of(ranks, change);
  const std::size_t n = residuals.size();
  const std::size_t batch = std::max<std::size_t>(2, n / kBatches);
  double products = 0;
  double squares = 0;
  double batches = 0;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    squares += residuals[i] * residuals[i];
    if (i + 1 < n) products += residuals[i] * residuals[i + 1];
    sum += residuals[i];
    if ((i + 1) % batch != 0) continue;
    batches += sum * sum;
    sum = 0;
  }
  if (squares <= 0) return 1;
  const double estimate = std::max(products / squares, 0.0);
  const double bias = 2 * (1 + 4 * estimate) / static_cast<double>(n);
  const double r = estimate > 0 ? std::min(estimate + bias, 0.97) : 0;
  return std::max({1.0, (1 + r) / (1 - r), batches / squares});
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
  double clearest = 0;
  std::size_t middle = 0;  ///< where the statistic is largest
  ChangePoint best;
  for (std::size_t i = 0; i + 1 < ranks.size(); ++i) {
    sum += ranks[i];
    const double before = static_cast<double>(i + 1);
    const double u = std::abs(2 * sum - before * (n + 1));
    if (u > largest) middle = i + 1;
    largest = std::max(largest, u);
    // The largest statistic tends to the middle, the one in units of its deviation does not.
    const double standardized = u / std::sqrt(before * (n - before));
    if (i + 1 < kMinSide || ranks.size() - i - 1 < kMinSide || standardized <= clearest) continue;
    clearest = standardized;
    best.at = i + 1;
  }
  const double inflation =
      std::max(variance_inflation(ranks, best.at), variance_inflation(ranks, middle));
  best.chance =
      std::min(1.0, 2 * std::exp(-6 * largest * largest / (inflation * (n * n * n + n * n))));
  return best;
}

}  // namespace synfin
