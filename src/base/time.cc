/// \file
/// Capture times and durations as text. Tested in tests/unit/base/time_test.cc.
#include "synfin/base/time.h"

#include <fmt/format.h>

#include <ctime>

namespace synfin {
namespace {

constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kSecondsPerMinute = 60;
constexpr std::uint64_t kSecondsPerHour = 3'600;
constexpr std::uint64_t kSecondsPerDay = 86'400;

std::uint64_t magnitude(std::int64_t v) {
  return v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
}

/// Formats `ns` as seconds with decimals. The sign is handled separately, because −0.5 is not −1 +
/// 0.5.
std::string decimal_seconds(std::int64_t ns) {
  const std::uint64_t all = magnitude(ns);
  const std::uint64_t seconds = all / kNsPerSecond;
  const std::uint64_t part = all % kNsPerSecond;
  const char* sign = ns < 0 ? "-" : "";
  if (part % kNsPerUs == 0) return fmt::format("{}{}.{:06}", sign, seconds, part / kNsPerUs);
  return fmt::format("{}{}.{:09}", sign, seconds, part);
}

/// A calendar date and time of day.
struct CalendarTime {
  std::tm date{};
  std::int64_t ns = 0;  ///< nanoseconds within the second, never negative
};

CalendarTime to_calendar(Timestamp t, Zone zone) {
  std::int64_t second = to_ns(t) / kNsPerSecond;
  CalendarTime b;
  b.ns = to_ns(t) % kNsPerSecond;
  if (b.ns < 0) {  // the division rounded towards zero, so the second is one too high
    b.ns += kNsPerSecond;
    --second;
  }
  const std::time_t seconds = second;
  if (zone == Zone::Utc) {
    gmtime_r(&seconds, &b.date);
  } else {
    localtime_r(&seconds, &b.date);
  }
  return b;
}

std::string date_text(const CalendarTime& b) {
  return fmt::format("{:04}-{:02}-{:02}", b.date.tm_year + 1900, b.date.tm_mon + 1, b.date.tm_mday);
}

std::string time_text(const CalendarTime& b) {
  return fmt::format("{:02}:{:02}:{:02}.{:06}", b.date.tm_hour, b.date.tm_min, b.date.tm_sec,
                     b.ns / kNsPerUs);
}

/// Formats a duration below a minute with three significant digits and no trailing zeros. Returns
/// nothing if the duration rounds to a minute or more.
std::string short_span(std::uint64_t ns) {
  struct Unit {
    const char* name;
    std::uint64_t ns;
    std::uint64_t limit;  ///< of the unit, in thousandths of it
  };
  static constexpr Unit kUnits[] = {
      {"us", 1'000, 1'000'000}, {"ms", 1'000'000, 1'000'000}, {"s", 1'000'000'000, 60'000}};
  if (ns == 0) return "0 s";
  if (ns < 1'000) return fmt::format("{} ns", ns);
  for (const Unit& unit : kUnits) {
    const std::uint64_t exact = ns / (unit.ns / 1'000);  // thousandths, rounded down
    const std::uint64_t step = exact < 10'000 ? 10 : exact < 100'000 ? 100 : 1'000;
    const std::uint64_t rounded = (exact + step / 2) / step * step;
    if (rounded >= unit.limit) continue;
    std::string text = fmt::format("{}.{:03}", rounded / 1'000, rounded % 1'000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + ' ' + unit.name;
  }
  return {};
}

std::string long_span(std::uint64_t ns) {
  const std::uint64_t s = (ns + kNsPerSecond / 2) / kNsPerSecond;
  if (s < kSecondsPerHour) return fmt::format("{}m{:02}s", s / kSecondsPerMinute, s % 60);
  if (s < kSecondsPerDay) {
    return fmt::format("{}h{:02}m", s / kSecondsPerHour, s % kSecondsPerHour / kSecondsPerMinute);
  }
  if (s < 100 * kSecondsPerDay) {
    return fmt::format("{}d{:02}h", s / kSecondsPerDay, s % kSecondsPerDay / kSecondsPerHour);
  }
  return fmt::format("{}d", s / kSecondsPerDay);
}

}  // namespace

std::string format_epoch(Timestamp t) { return decimal_seconds(to_ns(t)); }

std::string format_seconds(Duration d) { return decimal_seconds(d.count()); }

std::string format_date(Timestamp t, Zone zone) { return date_text(to_calendar(t, zone)); }

std::string format_time_of_day(Timestamp t, Zone zone) { return time_text(to_calendar(t, zone)); }

std::string format_rfc3339(Timestamp t) {
  const CalendarTime b = to_calendar(t, Zone::Utc);
  return date_text(b) + 'T' + time_text(b) + 'Z';
}

std::string format_human(Duration d) {
  const std::uint64_t ns = magnitude(d.count());
  std::string text = short_span(ns);
  if (text.empty()) text = long_span(ns);
  return d.count() < 0 ? '-' + text : text;
}

}  // namespace synfin
