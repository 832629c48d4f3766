/// \file
/// Capture times and durations as text. Tested in tests/unit/base/time_test.cc.
#include "synfin/base/time.h"

#include <fmt/format.h>

#include <chrono>
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

/// A calendar date and time of day. Years have four digits, because a Timestamp is between 1677
/// and 2262.
struct CalendarTime {
  std::uint64_t year = 0;
  std::uint64_t month = 0;
  std::uint64_t day = 0;
  std::uint64_t second = 0;  ///< of the day
  std::uint64_t ns = 0;      ///< within the second
};

/// A time as whole seconds since the epoch, rounded down, and what follows.
struct SplitTime {
  std::chrono::seconds seconds{};
  std::uint64_t ns = 0;
};

SplitTime split(Timestamp t) {
  const std::int64_t ns = to_ns(t) % kNsPerSecond;
  const std::int64_t seconds = to_ns(t) / kNsPerSecond;
  if (ns >= 0) return {std::chrono::seconds{seconds}, static_cast<std::uint64_t>(ns)};
  return {std::chrono::seconds{seconds - 1}, static_cast<std::uint64_t>(ns + kNsPerSecond)};
}

CalendarTime to_utc(Timestamp t) {
  const SplitTime s = split(t);
  const auto days = std::chrono::floor<std::chrono::days>(s.seconds);
  const std::chrono::year_month_day date{std::chrono::sys_days{days}};
  return {static_cast<std::uint64_t>(static_cast<int>(date.year())),
          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
          static_cast<std::uint64_t>((s.seconds - days).count()), s.ns};
}

std::tm local_date(std::chrono::seconds since_epoch) {
  const std::time_t seconds = since_epoch.count();
  std::tm date{};
  localtime_r(&seconds, &date);
  return date;
}

CalendarTime to_local(Timestamp t) {
  const SplitTime s = split(t);
  const std::tm date = local_date(s.seconds);
  const auto of_day = static_cast<std::uint64_t>(date.tm_hour) * kSecondsPerHour +
                      static_cast<std::uint64_t>(date.tm_min) * kSecondsPerMinute +
                      static_cast<std::uint64_t>(date.tm_sec);
  return {static_cast<std::uint64_t>(date.tm_year + 1900),
          static_cast<std::uint64_t>(date.tm_mon + 1), static_cast<std::uint64_t>(date.tm_mday),
          of_day, s.ns};
}

CalendarTime to_calendar(Timestamp t, Zone zone) {
  return zone == Zone::Utc ? to_utc(t) : to_local(t);
}

/// Appends `v` with leading zeros, followed by `end` unless that is 0.
void append_digits(std::string& out, std::uint64_t v, std::size_t width, char end) {
  char digits[20];
  for (std::size_t i = width; i-- > 0; v /= 10) digits[i] = static_cast<char>('0' + v % 10);
  out.append(digits, width);
  if (end != 0) out += end;
}

void append_date(std::string& out, const CalendarTime& b) {
  append_digits(out, b.year, 4, '-');
  append_digits(out, b.month, 2, '-');
  append_digits(out, b.day, 2, 0);
}

void append_time(std::string& out, const CalendarTime& b) {
  append_digits(out, b.second / kSecondsPerHour, 2, ':');
  append_digits(out, b.second % kSecondsPerHour / kSecondsPerMinute, 2, ':');
  append_digits(out, b.second % kSecondsPerMinute, 2, '.');
  append_digits(out, b.ns / kNsPerUs, 6, 0);
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

std::string format_date(Timestamp t, Zone zone) {
  std::string text;
  append_date(text, to_calendar(t, zone));
  return text;
}

std::string format_time_of_day(Timestamp t, Zone zone) {
  std::string text;
  append_time(text, to_calendar(t, zone));
  return text;
}

std::string format_zone(Timestamp t, Zone zone) {
  const std::int64_t ahead = zone == Zone::Utc ? 0 : local_date(split(t).seconds).tm_gmtoff;
  if (ahead == 0) return "UTC";
  const std::uint64_t minutes = magnitude(ahead) / kSecondsPerMinute;
  return fmt::format("{}{:02}:{:02}", ahead < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string format_moment(Timestamp t, Zone zone) {
  const std::string time = format_time_of_day(t, zone);
  return fmt::format("{} {} {}", format_date(t, zone), time.substr(0, sizeof "14:30:16" - 1),
                     format_zone(t, zone));
}

std::string format_rfc3339(Timestamp t) {
  const CalendarTime b = to_utc(t);
  std::string text;
  text.reserve(sizeof "2026-03-01T14:30:16.123456789Z");
  append_date(text, b);
  text += 'T';
  append_time(text, b);
  text += 'Z';
  return text;
}

std::string format_human(Duration d) {
  const std::uint64_t ns = magnitude(d.count());
  std::string text = short_span(ns);
  if (text.empty()) text = long_span(ns);
  return d.count() < 0 ? '-' + text : text;
}

}  // namespace synfin
