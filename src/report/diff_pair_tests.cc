// See diff_pair_tests.h.
#include "report/diff_pair_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/diff_tests.h"
#include "synfin/base/time.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// At most this share of the reported pairs may be chance.
constexpr double kMaxChanceOfPair = 0.01;
/// The probability that chance alone makes one handshake time of a whole diff appear to have grown.
constexpr double kMaxSlowerByChance = 0.0001;
/// A success rate has changed if it differs at least by this.
constexpr double kMinRateChange = 0.2;
/// Handshakes are slower if they take at least this much longer.
constexpr double kMinSlowdown = 1.2;
constexpr std::size_t kMany = 8;  ///< handshakes
constexpr Duration kMinDelay = std::chrono::milliseconds{1};

std::uint64_t decided(const PairFigures& pair) { return pair.established + pair.failed; }

// Success ----------------------------------------------------------------------------------------

/// The probability by chance of as large a change of the success rate.
double rate_tail(const PairInputs& p) {
  const PairFigures &a = *p.before, &b = *p.after;
  if (decided(a) == 0 || decided(b) == 0) return 1;
  return a.success() > b.success()
             ? fisher_tail(a.failed, decided(a), b.failed, decided(b))
             : fisher_tail(a.established, decided(a), b.established, decided(b));
}

/// True if all attempts succeeded on one side and all failed on the other.
bool is_flip(const PairInputs& p) {
  const PairFigures &a = *p.before, &b = *p.after;
  if (decided(a) < 2 || decided(b) < 2) return false;
  return (a.failed == 0 && b.established == 0) || (a.established == 0 && b.failed == 0);
}

/// Few attempts cannot prove much by themselves. If other pairs do not sometimes fail and sometimes
/// succeed on the same side, a flip is no chance, either.
bool flips_are_real(const std::vector<PairInputs>& pairs) {
  double flips = 0, chance = 0;
  for (const PairInputs& p : pairs) {
    flips += is_flip(p);
    const auto mixed = [](const PairFigures& pair) {
      return pair.failed != 0 && pair.established != 0;
    };
    if (!mixed(*p.before) && !mixed(*p.after)) continue;
    // How likely as many attempts would be a flip, if they fail as often as these.
    const auto before = static_cast<double>(decided(*p.before));
    const auto after = static_cast<double>(decided(*p.after));
    const double fails =
        (static_cast<double>(p.before->failed + p.after->failed) + 0.5) / (before + after + 1);
    chance += std::pow(1 - fails, before) * std::pow(fails, after) +
              std::pow(fails, before) * std::pow(1 - fails, after);
  }
  return chance <= kMaxChanceOfPair * flips;
}

std::string rate_text(const PairInputs& p) {
  const auto text = [](const PairFigures& pair) {
    return fmt::format("{} of {}", pair.established, decided(pair));
  };
  return text(*p.before) + " established before, " + text(*p.after) + " after";
}

void test_success(const std::vector<PairInputs>& pairs, std::vector<PairVerdict>& verdicts) {
  std::vector<double> tails;
  for (const PairInputs& p : pairs) tails.push_back(rate_tail(p));
  const double accepted = accepted_tail(tails, kMaxChanceOfPair);
  const bool flips = flips_are_real(pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const PairInputs& p = pairs[i];
    if (decided(*p.before) == 0 || decided(*p.after) == 0) continue;
    const double change = p.after->success() - p.before->success();
    if (std::abs(change) < kMinRateChange) continue;
    if (tails[i] > accepted && !(flips && is_flip(p))) continue;
    verdicts[i].changes.emplace_back(change < 0 ? DiffChange::Failing : DiffChange::Working,
                                     rate_text(p));
  }
}

// Causes -----------------------------------------------------------------------------------------

/// Failures of a pair that have one cause nearly all, before and after. Null: not comparable.
struct CauseChange {
  std::string before, after;
  double tail = 1;  ///< the probability by chance, if causes are drawn from one population
};

std::uint64_t count_of(const PairFigures& pair, const std::string& cause) {
  const auto found = pair.causes.find(cause);
  return found == pair.causes.end() ? 0 : found->second;
}

std::optional<CauseChange> cause_change(const PairInputs& p) {
  constexpr std::uint64_t kMinFailures = 3;
  constexpr double kMinShare = 0.8;
  const PairFigures &a = *p.before, &b = *p.after;
  if (a.failed < kMinFailures || b.failed < kMinFailures) return std::nullopt;
  const std::string before = main_cause(a), after = main_cause(b);
  if (before.empty() || after.empty()) return std::nullopt;
  const auto is_main = [](const PairFigures& pair, const std::string& cause) {
    return static_cast<double>(count_of(pair, cause)) >=
           kMinShare * static_cast<double>(pair.failed);
  };
  if (before == after || !is_main(a, before) || !is_main(b, after)) return CauseChange{};
  const auto hits = [&](const PairFigures& pair) {
    return std::min(count_of(pair, after), pair.failed);
  };
  return CauseChange{before, after, fisher_tail(hits(a), a.failed, hits(b), b.failed)};
}

/// True if attempts of one pair fail for several causes on the same side.
bool has_several_causes(const PairFigures& pair) {
  return count_of(pair, main_cause(pair)) < pair.failed;
}

/// As with success rates: few failures prove a change only if no pair mixes its causes.
void test_causes(const std::vector<PairInputs>& pairs, std::vector<PairVerdict>& verdicts) {
  std::vector<double> tails;
  std::vector<std::pair<std::size_t, CauseChange>> changes;
  bool mixed = false;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    mixed |= has_several_causes(*pairs[i].before) || has_several_causes(*pairs[i].after);
    const auto change = cause_change(pairs[i]);
    if (!change) continue;
    tails.push_back(change->tail);
    if (!change->after.empty()) changes.emplace_back(i, *change);
  }
  const double accepted = mixed ? accepted_tail(tails, kMaxChanceOfPair) : 1;
  for (const auto& [i, change] : changes) {
    if (change.tail > accepted) continue;
    verdicts[i].changes.emplace_back(DiffChange::Cause,
                                     change.before + " before, " + change.after + " after");
  }
}

// Handshake times --------------------------------------------------------------------------------

using Times = std::vector<Duration>;

/// True if each half of `after` has a larger median than each half of `before`, so that the shift
/// exceeds what the times drift within a side.
bool exceeds_drift(const Times& before, const Times& after) {
  const auto medians = [](const Times& times) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    return std::pair{percentile(Times(times.begin(), middle), 0.5),
                     percentile(Times(middle, times.end()), 0.5)};
  };
  const auto [a1, a2] = medians(before);
  const auto [b1, b2] = medians(after);
  return std::min(b1, b2) > std::max(a1, a2);
}

/// Few values prove a shift if both sides are far apart, compared with their ranges.
bool far_apart(const Times& before, const Times& after) {
  if (before.size() < 3 || after.size() < 3) return false;
  const auto [a_min, a_max] = std::minmax_element(before.begin(), before.end());
  const auto [b_min, b_max] = std::minmax_element(after.begin(), after.end());
  return *b_min - *a_max > 3 * ((*a_max - *a_min) + (*b_max - *b_min));
}

double log_of(Duration d) {
  return std::log(static_cast<double>(std::max<std::int64_t>(d.count(), 1)));
}

double mean_log(const Times& times) {
  double sum = 0;
  for (const Duration d : times) sum += log_of(d);
  return sum / static_cast<double>(times.size());
}

/// The standard deviation of the logarithms of one side's times.
double spread_of(const Times& times) {
  const double mean = mean_log(times);
  double squares = 0;
  for (const Duration d : times) squares += (log_of(d) - mean) * (log_of(d) - mean);
  return std::sqrt(squares / static_cast<double>(times.size() - 1));
}

/// How many standard errors the mean of the logarithms has grown, by the spread of this and of all
/// other pairs. REQUIRES: each side has two values or more.
double deviations(const Times& before, const Times& after, double typical) {
  // The spread of a few values is itself uncertain, by about a third.
  const double own = std::max(spread_of(before), spread_of(after));
  const bool few = std::min(before.size(), after.size()) < kMany;
  const double spread = std::max(typical, few ? 0.7 * own : own);
  const double error = spread * std::sqrt(1 / static_cast<double>(before.size()) +
                                          1 / static_cast<double>(after.size()));
  return (mean_log(after) - mean_log(before)) / error;
}

/// Few values also prove a shift if no two of them overlap and the means are far apart, compared
/// with the spread of this and of all other pairs.
bool beyond_spread(const Times& before, const Times& after, double typical) {
  constexpr double kDeviations = 5;
  if (before.size() < 3 || after.size() < 3) return false;
  if (*std::min_element(after.begin(), after.end()) <=
      *std::max_element(before.begin(), before.end()))
    return false;
  return deviations(before, after, typical) > kDeviations;
}

bool is_slower(Duration before, Duration after) {
  return after - before >= kMinDelay &&
         static_cast<double>(after.count()) >= kMinSlowdown * static_cast<double>(before.count());
}

bool slower_by_samples(const PairInputs& p, double max_tail, double typical) {
  const Times &a = p.before->rtts.values(), &b = p.after->rtts.values();
  if (!is_slower(p.before->p50, p.after->p50)) return false;
  // A few handshakes of several originators may be of near ones before and of far ones after.
  if (!p.is_block && (far_apart(a, b) || beyond_spread(a, b, typical))) return true;
  if (rank_tail(a, b) <= max_tail) return exceeds_drift(a, b);
  if (std::min(a.size(), b.size()) < kMany) return false;
  const double tail = std::erfc(deviations(a, b, typical) / std::sqrt(2.0)) / 2;
  return tail <= max_tail && exceeds_drift(a, b);
}

/// The slowest handshakes have become slower, though not half of them.
bool slower_tail(const PairInputs& p, double max_tail) {
  constexpr std::size_t kMin = 40;
  const Times &a = p.before->rtts.values(), &b = p.after->rtts.values();
  if (a.size() < kMin || b.size() < kMin || !is_slower(p.before->p99, p.after->p99)) return false;
  const Duration bound = percentile(a, 0.95);
  const auto beyond = [bound](const Times& times) {
    return static_cast<std::uint64_t>(
        std::count_if(times.begin(), times.end(), [bound](Duration d) { return d > bound; }));
  };
  const std::uint64_t ka = beyond(a), kb = beyond(b);
  return kb * a.size() >= 3 * std::max<std::uint64_t>(ka, 1) * b.size() &&
         fisher_tail(ka, a.size(), kb, b.size()) <= max_tail;
}

/// How many standard deviations the 99th percentile of `n` values exceeds their mean, on average.
/// Of fewer than a hundred values it is the largest. Normal distribution; Abramowitz and Stegun,
/// 26.2.22.
double deviations_of_p99(double n) {
  const double t = std::sqrt(-2 * std::log(std::max(0.01, 0.5 / n)));
  return t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t);
}

/// The standard deviation of the logarithms of the times, from percentiles alone.
double spread_of_percentiles(const PairFigures& pair) {
  return (log_of(pair.p99) - log_of(pair.p50)) /
         std::max(deviations_of_p99(static_cast<double>(pair.rtt_count)), 0.5);
}

/// What percentiles alone can prove.
bool slower_by_percentiles(const PairInputs& p, double typical) {
  constexpr std::uint64_t kMin = 8;
  constexpr double kDeviations = 5;
  const PairFigures &a = *p.before, &b = *p.after;
  if (a.rtt_count < kMin || b.rtt_count < kMin || !is_slower(a.p50, b.p50)) return false;
  const double spread = std::max({typical, spread_of_percentiles(a), spread_of_percentiles(b)});
  const double error =
      1.25 * spread *
      std::sqrt(1 / static_cast<double>(a.rtt_count) + 1 / static_cast<double>(b.rtt_count));
  return log_of(b.p50) - log_of(a.p50) > kDeviations * error;
}

/// The median spread of all pairs, by samples or by percentiles; `without` if there are few pairs.
template <typename Spread>
double typical_spread(const std::vector<PairInputs>& pairs, Spread spread, double without) {
  std::vector<double> spreads;
  for (const PairInputs& p : pairs) {
    for (const PairFigures* pair : {p.before, p.after}) {
      if (pair->rtt_count >= 3) spreads.push_back(spread(*pair));
    }
  }
  if (spreads.size() < 10) return without;
  const auto middle = spreads.begin() + static_cast<std::ptrdiff_t>(spreads.size() / 2);
  std::nth_element(spreads.begin(), middle, spreads.end());
  return *middle;
}

void test_times(const std::vector<PairInputs>& pairs, std::vector<PairVerdict>& verdicts) {
  const double max_tail =
      kMaxSlowerByChance / static_cast<double>(std::max<std::size_t>(pairs.size(), 1));
  const double typical = typical_spread(
      pairs,
      [](const PairFigures& pair) {
        const Times& times = pair.rtts.values();
        return times.size() < 2 ? spread_of_percentiles(pair) : spread_of(times);
      },
      std::numeric_limits<double>::infinity());
  const double typical_percentiles = typical_spread(pairs, spread_of_percentiles, 0.3);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const PairInputs& p = pairs[i];
    const PairFigures &a = *p.before, &b = *p.after;
    if (a.p50 == kNoDuration || b.p50 == kNoDuration) continue;
    const bool samples = !a.rtts.values().empty() && !b.rtts.values().empty();
    const bool slower = samples ? slower_by_samples(p, max_tail, typical)
                                : slower_by_percentiles(p, typical_percentiles);
    const bool tail = !slower && samples && slower_tail(p, max_tail);
    if (!slower && !tail) continue;
    verdicts[i].changes.emplace_back(
        DiffChange::Slower,
        fmt::format("handshake {} {} before, {} after", slower ? "p50" : "p99",
                    format_human(slower ? a.p50 : a.p99), format_human(slower ? b.p50 : b.p99)));
  }
}

}  // namespace

std::string main_cause(const PairFigures& pair) {
  const auto most =
      std::max_element(pair.causes.begin(), pair.causes.end(),
                       [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == pair.causes.end() ? std::string{} : most->first;
}

std::vector<PairVerdict> test_pairs(const std::vector<PairInputs>& pairs) {
  std::vector<PairVerdict> verdicts(pairs.size());
  test_success(pairs, verdicts);
  test_causes(pairs, verdicts);
  test_times(pairs, verdicts);
  return verdicts;
}

/// Connections that arrive independently have a volume whose variance is the sum of their squares.
std::optional<std::pair<DiffChange, std::string>> test_volume(const PairFigures& before,
                                                              const PairFigures& after,
                                                              double seconds_before,
                                                              double seconds_after) {
  constexpr std::uint64_t kMin = 10;
  constexpr double kMinRatio = 2, kDeviations = 6;
  if (seconds_before <= 0 || seconds_after <= 0) return std::nullopt;
  if (!before.knows_bytes || !after.knows_bytes) return std::nullopt;
  if (before.attempts < kMin || after.attempts < kMin) return std::nullopt;
  const double scale = seconds_after / seconds_before;
  const double expected = static_cast<double>(before.bytes) * scale;
  const auto actual = static_cast<double>(after.bytes);
  if (std::max(expected, actual) < kMinRatio * std::max(std::min(expected, actual), 1.0))
    return std::nullopt;
  // A report has no squares; a connection may then have many times the mean.
  const auto squares = [](const PairFigures& pair) {
    const auto bytes = static_cast<double>(pair.bytes);
    return pair.squared_bytes > 0 ? pair.squared_bytes
                                  : 10 * bytes * bytes / static_cast<double>(pair.attempts);
  };
  const double deviation = std::sqrt(squares(before) * scale * scale + squares(after));
  if (std::abs(actual - expected) < kDeviations * deviation) return std::nullopt;
  return std::pair{actual > expected ? DiffChange::More : DiffChange::Less,
                   fmt::format("{}/s before, {}/s after",
                               binary_size(static_cast<std::uint64_t>(
                                   static_cast<double>(before.bytes) / seconds_before)),
                               binary_size(static_cast<std::uint64_t>(
                                   static_cast<double>(after.bytes) / seconds_after)))};
}

}  // namespace synfin
