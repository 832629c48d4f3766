// Percentiles of delays, and when they change. See analysis.h.
#include <algorithm>

#include "path/analysis.h"

namespace synfin {
namespace {

/// The samples are divided into parts of equal size, whose medians are compared.
constexpr std::size_t kDelayParts = 24;
constexpr std::size_t kMinPerPart = 8;
constexpr std::size_t kMinDelayParts = 6;
constexpr Duration kMinChange = std::chrono::microseconds{500};

Duration median_of(std::vector<Duration> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<Duration> medians_of(const std::vector<DelaySample>& samples, std::size_t parts) {
  std::vector<Duration> medians;
  for (std::size_t p = 0; p < parts; ++p) {
    std::vector<Duration> delays;
    for (std::size_t i = samples.size() * p / parts; i < samples.size() * (p + 1) / parts; ++i)
      delays.push_back(samples[i].delay);
    medians.push_back(median_of(std::move(delays)));
  }
  return medians;
}

/// The medians that are not on their side of `limit`.
std::size_t count_wrong(const std::vector<Duration>& medians, std::size_t split, Duration limit,
                        bool rises) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < medians.size(); ++i)
    wrong += ((medians[i] > limit) == rises) != (i >= split);
  return wrong;
}

}  // namespace

DelayFigures figures_of(const std::vector<DelaySample>& samples) {
  DelayFigures figures{.samples = samples.size()};
  if (samples.empty()) return figures;
  std::vector<Duration> delays;
  delays.reserve(samples.size());
  for (const DelaySample& s : samples) delays.push_back(s.delay);
  const auto at = [&](std::size_t percent) {
    const auto place =
        delays.begin() + static_cast<std::ptrdiff_t>((delays.size() - 1) * percent / 100);
    std::nth_element(delays.begin(), place, delays.end());
    return *place;
  };
  figures.p50 = at(50);
  figures.p99 = at(99);
  figures.max = at(100);
  return figures;
}

std::optional<DelayChange> find_change(std::vector<DelaySample>& samples) {
  std::sort(samples.begin(), samples.end(),
            [](const DelaySample& a, const DelaySample& b) { return a.sent < b.sent; });
  const std::size_t parts = std::min(kDelayParts, samples.size() / kMinPerPart);
  if (parts < kMinDelayParts) return std::nullopt;
  const std::vector<Duration> medians = medians_of(samples, parts);
  std::optional<DelayChange> best;
  std::size_t fewest = 1 + std::max<std::size_t>(1, parts / 10);
  for (std::size_t split = 2; split + 2 <= parts; ++split) {
    const auto middle = medians.begin() + static_cast<std::ptrdiff_t>(split);
    const DelayChange change{.when = samples[samples.size() * split / parts].sent,
                             .before = median_of({medians.begin(), middle}),
                             .after = median_of({middle, medians.end()})};
    const Duration low = std::min(change.before, change.after);
    const Duration step = std::max(change.before, change.after) - low;
    if (step < std::max(kMinChange, low / 4)) continue;
    const std::size_t wrong =
        count_wrong(medians, split, low + step / 2, change.after > change.before);
    if (wrong >= fewest) continue;
    fewest = wrong;
    best = change;
  }
  return best;
}

}  // namespace synfin
