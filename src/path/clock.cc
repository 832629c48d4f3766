// See clock.h.
#include "path/clock.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace synfin {
namespace {

/// Drift is estimated from the smallest differences in this many parts of the time.
constexpr std::size_t kClockParts = 24;
constexpr std::size_t kMinClockParts = 6;
constexpr Duration kMinSpan = std::chrono::seconds{20};
/// Clocks of computers that differ by more are broken; a change that fast is one of delay.
constexpr double kMaxDriftPpm = 1000;

/// The smallest difference of one part and way.
struct Low {
  double time = 0;   ///< ns after the reference
  double value = 0;  ///< ns after the first difference
};

/// Times that are centuries apart would overflow sums of differences.
constexpr Duration kFarthest{std::int64_t{1} << 61};
Duration difference(Timestamp a, Timestamp b) {
  return std::clamp(saturating_sub(a, b), -kFarthest, kFarthest);
}

double difference_of(const ClockSample& s) {
  const double ns = static_cast<double>(saturating_sub(s.server, s.client).count());
  return s.way == kToServer ? ns : -ns;
}

/// By how much times of a capture may be cut off: a microsecond if none has nanoseconds.
Duration cut_off(const std::vector<ClockSample>& samples, Timestamp ClockSample::*time) {
  constexpr Duration kMicrosecond = std::chrono::microseconds{1};
  const bool whole = std::all_of(samples.begin(), samples.end(), [&](const ClockSample& s) {
    return (s.*time).time_since_epoch() % kMicrosecond == Duration{0};
  });
  return whole ? kMicrosecond : Duration{0};
}

std::vector<Low> lows_of(const std::vector<ClockSample>& samples, Way way, Timestamp begin,
                         Duration span) {
  std::array<std::optional<Low>, kClockParts> parts;
  for (const ClockSample& s : samples) {
    if (s.way != way) continue;
    const double time = static_cast<double>(saturating_sub(s.client, begin).count());
    const double share = time / (static_cast<double>(span.count()) + 1);
    auto& low = parts[std::min(kClockParts - 1,
                               static_cast<std::size_t>(std::max(0.0, share) * kClockParts))];
    if (!low || difference_of(s) < low->value) low = Low{time, difference_of(s)};
  }
  std::vector<Low> lows;
  for (const auto& low : parts) {
    if (low) lows.push_back(*low);
  }
  return lows;
}

/// A slope and how much slopes of pairs of points differ from it.
struct Slope {
  double value = 0;
  double error = 0;
};

double middle_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The median of the slopes between all points (Theil and Sen), which a few bad ones do not change.
std::optional<Slope> slope_of(const std::vector<Low>& lows) {
  if (lows.size() < kMinClockParts) return std::nullopt;
  std::vector<double> slopes;
  for (std::size_t i = 0; i < lows.size(); ++i) {
    for (std::size_t j = i + 1; j < lows.size(); ++j) {
      if (lows[j].time > lows[i].time)
        slopes.push_back((lows[j].value - lows[i].value) / (lows[j].time - lows[i].time));
    }
  }
  if (slopes.empty()) return std::nullopt;
  Slope slope{.value = middle_of(slopes)};
  for (double& s : slopes) s = std::abs(s - slope.value);
  slope.error = middle_of(slopes) / std::sqrt(static_cast<double>(lows.size()));
  return slope;
}

/// A clock that gains makes one direction seem slower and the other one faster by the same amount.
/// Anything else is a change of delays, which is not corrected.
void fit_drift(const std::vector<ClockSample>& samples, Timestamp begin, Timestamp end,
               ClockModel& clock) {
  const Duration span = saturating_sub(end, begin);
  if (span < kMinSpan) return;
  const auto forth = slope_of(lows_of(samples, kToServer, begin, span));
  const auto back = slope_of(lows_of(samples, kToClient, begin, span));
  if (!forth || !back) return;
  const double drift = (forth->value - back->value) / 2 * 1e6;
  const double error = (forth->error + back->error) / 2 * 1e6;
  const double disagreement = std::abs(forth->value + back->value) / 2 * 1e6;
  const bool agree = disagreement <= std::max(0.3 * std::abs(drift), 3 * error);
  if (!agree || std::abs(drift) > kMaxDriftPpm || std::abs(drift) < 3 * error) return;
  clock.drift_ppm = drift;
  clock.drift_error_ppm = std::max(error, 0.001);
}

}  // namespace

Timestamp ClockModel::to_client(Timestamp server) const {
  const Timestamp without_drift = saturating_add(server, -offset);
  const double elapsed = static_cast<double>(saturating_sub(without_drift, reference).count());
  return saturating_add(without_drift,
                        -Duration{static_cast<std::int64_t>(elapsed * drift_ppm / 1e6)});
}

Duration ClockModel::delay(const ClockSample& s) const {
  const Duration forth = difference(to_client(s.server), s.client);
  return s.way == kToServer ? forth : -forth;
}

ClockModel fit_clock(std::vector<ClockSample> samples) {
  ClockModel clock;
  if (samples.empty()) return clock;
  const auto [begin, end] = std::minmax_element(
      samples.begin(), samples.end(),
      [](const ClockSample& a, const ClockSample& b) { return a.client < b.client; });
  clock.reference = begin->client;
  const Duration uncertain =
      cut_off(samples, &ClockSample::client) + cut_off(samples, &ClockSample::server);
  // A first offset keeps the numbers small: doubles then hold nanoseconds.
  clock.offset = difference(begin->server, begin->client);
  for (ClockSample& s : samples) s.server = saturating_add(s.server, -clock.offset);
  fit_drift(samples, begin->client, end->client, clock);
  const Duration first = clock.offset;
  clock.offset = Duration{0};
  std::array<std::optional<Duration>, 2> shortest;
  for (const ClockSample& s : samples) {
    const Duration delay = clock.delay(s);
    auto& low = shortest[s.way];
    if (!low || delay < *low) low = delay;
  }
  if (shortest[kToServer] && shortest[kToClient]) {
    clock.basis = ClockBasis::BothWays;
    clock.offset = (*shortest[kToServer] - *shortest[kToClient]) / 2;
    const Duration round_trip = *shortest[kToServer] + *shortest[kToClient];
    clock.contradictory = round_trip < -uncertain;
    clock.bound = std::max(round_trip, uncertain) / 2;
  } else {
    clock.basis = ClockBasis::OneWay;
    clock.only = shortest[kToServer] ? kToServer : kToClient;
    clock.offset = clock.only == kToServer ? *shortest[kToServer] : -*shortest[kToClient];
  }
  clock.offset += first;
  return clock;
}

}  // namespace synfin
