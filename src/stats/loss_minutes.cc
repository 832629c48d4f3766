// See loss_minutes.h.
#include "synfin/stats/loss_minutes.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace synfin {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

}  // namespace

void LossMinutes::add(Timestamp time, std::uint64_t lost) {
  if (lost == 0) return;
  const std::int64_t minute =
      std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
  const bool extends =
      !spans_.empty() && (minute <= spans_.back().last + 1 || spans_.size() == kMaxSpans);
  if (!extends) {
    spans_.push_back({minute, minute, lost});
    return;
  }
  spans_.back().last = std::max(spans_.back().last, minute);
  spans_.back().lost += lost;
}

std::vector<std::string> LossMinutes::sentences(std::string_view what,
                                                std::string_view lost) const {
  std::vector<std::string> all;
  for (const Span& span : spans_) {
    all.push_back(fmt::format("{} are incomplete from {} to {}: {} {}", what,
                              format_rfc3339(timestamp_from_ns(span.first * kMinute)),
                              format_rfc3339(timestamp_from_ns((span.last + 1) * kMinute)),
                              span.lost, lost));
  }
  return all;
}

}  // namespace synfin
