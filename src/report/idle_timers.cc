// find_idle_timers(): silences that many resets have in common. See hangup_counter.h.
#include <algorithm>
#include <map>
#include <numeric>

#include "report/hangup_counter.h"
#include "synfin/stats/significance.h"

namespace synfin {
namespace {

constexpr double kMaxChanceOfTimer = 1e-6;
constexpr std::size_t kMinMoments = 10;
/// How far the distribution of silences may rise above its mean without a timer.
constexpr double kSteepness = 3;
/// The neighbourhood of a value: from 2/3 to 3/2 of it.
constexpr double kNeighbourhood = 1.5;

/// Resets in order of their silence.
using Sorted = std::vector<const IdleReset*>;

Duration window_at(Duration value) {
  return std::max<Duration>(std::chrono::seconds{1}, value / 100);
}

/// The positions of all resets in order of their time.
std::vector<std::size_t> positions_by_time(const Sorted& sorted) {
  std::vector<std::size_t> positions(sorted.size());
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  std::sort(positions.begin(), positions.end(),
            [&](std::size_t a, std::size_t b) { return sorted[a]->at < sorted[b]->at; });
  return positions;
}

/// How many of the resets [begin, end) happened at different times. Windows overlap, so sorting
/// each of them by time would take too long.
std::size_t moments_of(const Sorted& sorted, std::span<const std::size_t> by_time,
                       std::size_t begin, std::size_t end, Duration window) {
  std::size_t moments = 0;
  Timestamp last = Timestamp::min();
  for (const std::size_t i : by_time) {
    if (i < begin || i >= end) continue;
    if (moments != 0 && saturating_sub(sorted[i]->at, last) <= window) continue;
    ++moments;
    last = sorted[i]->at;
  }
  return moments;
}

/// The best window, and its bound on chance for a single test.
struct BestWindow {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t moments = 0;
  double chance = 1;
};

/// Index of the first reset with a longer silence than `limit`.
std::size_t end_of(const Sorted& sorted, Duration limit) {
  return static_cast<std::size_t>(
      std::partition_point(sorted.begin(), sorted.end(),
                           [&](const IdleReset* r) { return r->idle <= limit; }) -
      sorted.begin());
}

BestWindow best_window(const Sorted& sorted) {
  BestWindow best;
  const std::vector<std::size_t> by_time = positions_by_time(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Duration value = sorted[i]->idle;
    const Duration window = window_at(value);
    const std::size_t end = end_of(sorted, value + window);
    if (end - i < kMinMoments) continue;
    const auto scaled = [&](double factor) {
      return Duration{static_cast<std::int64_t>(static_cast<double>(value.count()) * factor)};
    };
    const std::size_t low = end_of(sorted, scaled(1 / kNeighbourhood));
    const std::size_t high = end_of(sorted, scaled(kNeighbourhood));
    const std::size_t moments = moments_of(sorted, by_time, i, end, window);
    if (moments < kMinMoments) continue;
    const std::size_t others = (high - low) - (end - i);
    const double share =
        static_cast<double>(window.count()) /
        static_cast<double>((scaled(kNeighbourhood) - scaled(1 / kNeighbourhood)).count());
    const double chance =
        binomial_tail_bound(moments + others, moments, std::min(kSteepness * share, 0.5));
    if (chance < best.chance) best = {i, end, moments, chance};
  }
  return best;
}

IdleTimerRow row_of(const Sorted& sorted, const BestWindow& w) {
  IdleTimerRow row;
  const Duration shortest = sorted[w.begin]->idle;
  const Duration longest = sorted[w.end - 1]->idle;
  row.value = sorted[(w.begin + w.end) / 2]->idle;
  row.spread = (longest - shortest) / 2;
  row.resets = w.end - w.begin;
  row.moments = w.moments;
  row.idle_resets = sorted.size();
  row.first = Timestamp::max();
  row.last = Timestamp::min();
  for (std::size_t i = w.begin; i < w.end; ++i) {
    row.by_originator += sorted[i]->by_originator;
    row.first = std::min(row.first, sorted[i]->at);
    row.last = std::max(row.last, sorted[i]->at);
  }
  return row;
}

Sorted by_silence(Sorted resets) {
  std::sort(resets.begin(), resets.end(), [](const IdleReset* a, const IdleReset* b) {
    return std::tie(a->idle, a->at, a->service) < std::tie(b->idle, b->at, b->service);
  });
  return resets;
}

}  // namespace

std::vector<IdleTimerRow> find_idle_timers(std::span<const IdleReset> resets) {
  std::map<Endpoint, Sorted> by_service;
  Sorted all;
  for (const IdleReset& reset : resets) {
    by_service[reset.service].push_back(&reset);
    all.push_back(&reset);
  }
  // Each reset begins one window of its service, and one of all.
  const double tests = 2 * static_cast<double>(resets.size());
  std::vector<IdleTimerRow> rows;
  std::uint64_t explained = 0;
  for (auto& [service, list] : by_service) {
    const Sorted sorted = by_silence(std::move(list));
    const BestWindow best = best_window(sorted);
    if (best.chance * tests > kMaxChanceOfTimer) continue;
    rows.push_back(row_of(sorted, best));
    rows.back().service = service;
    rows.back().chance = best.chance * tests;
    explained += rows.back().resets;
  }
  const Sorted sorted = by_silence(std::move(all));
  const BestWindow best = best_window(sorted);
  // A timer near the clients resets connections to many services, of which none may have many.
  if (best.chance * tests <= kMaxChanceOfTimer && best.end - best.begin > 2 * explained) {
    rows.push_back(row_of(sorted, best));
    rows.back().chance = best.chance * tests;
  }
  std::sort(rows.begin(), rows.end(), [](const IdleTimerRow& a, const IdleTimerRow& b) {
    if (a.resets != b.resets) return a.resets > b.resets;
    return std::tie(a.value, a.service) < std::tie(b.value, b.service);
  });
  return rows;
}

}  // namespace synfin
