// See time_text.h.
#include "synfin/cli/time_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <iterator>
#include <limits>

namespace synfin {
namespace {

struct Unit {
  std::string_view name;
  double ns;
};
constexpr Unit kUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},   {"", 1e9},
                           {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};

/// Removes exactly `digits` digits from the front of `text` and returns their value.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + digits || value < 0)
    return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

/// ".5" → 500 000 000 ns; no fraction → 0. Digits beyond nanoseconds are ignored.
std::optional<Duration> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return Duration{0};
  std::int64_t ns = 0;
  std::int64_t unit = 100'000'000;
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) {
    ns += unit * (text[0] - '0');
  }
  return Duration{ns};
}

/// Parses the offset from UTC: "Z", "+02:00" or "-0530".
std::optional<Duration> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return Duration{0};
  const bool minus = !text.empty() && text[0] == '-';
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes) return std::nullopt;
  const Duration offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return minus ? -offset : offset;
}

bool take_clock(std::string_view& text, std::tm& tm, Duration& fraction) {
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return false;
  const auto minute = take_number(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return false;
  tm.tm_hour = *hour;
  tm.tm_min = *minute;
  if (!take(text, ':')) return true;
  const auto second = take_number(text, 2);
  const auto part = take_fraction(text);
  if (!second || *second > 60 || !part) return false;
  tm.tm_sec = *second;
  fraction = *part;
  return true;
}

/// False for dates that no calendar has, such as February 30.
bool is_date(int year, int month, int day) {
  return std::chrono::year_month_day{std::chrono::year{year},
                                     std::chrono::month{static_cast<unsigned>(month)},
                                     std::chrono::day{static_cast<unsigned>(day)}}
      .ok();
}

std::optional<Timestamp> parse_epoch(std::string_view text) {
  std::int64_t seconds = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds);
  if (parsed.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  const auto fraction = take_fraction(text);
  constexpr std::int64_t kMost = 9'000'000'000;
  if (!fraction || !text.empty() || seconds > kMost || seconds < -kMost) return std::nullopt;
  return timestamp_from_ns(seconds * 1'000'000'000) + *fraction;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double sum = 0;
  bool first = true;
  do {
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    const std::string_view name = text.substr(0, text.find_first_of(".0123456789"));
    const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                   [&](const Unit& u) { return u.name == name; });
    if (unit == std::end(kUnits) || (name.empty() && !first)) return std::nullopt;
    sum += number * unit->ns;
    text.remove_prefix(name.size());
    first = false;
  } while (!text.empty());
  if (sum >= 9e18) return std::nullopt;
  return Duration{static_cast<std::int64_t>(sum)};
}

std::optional<Timestamp> parse_time(std::string_view text, Zone zone) {
  if (text.find_first_of("-:", 1) == text.npos) return parse_epoch(text);
  std::tm tm{};
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !is_date(*year, *month, *day)) return std::nullopt;
  tm.tm_year = *year - 1900;
  tm.tm_mon = *month - 1;
  tm.tm_mday = *day;
  tm.tm_isdst = -1;
  Duration fraction{0};
  if ((take(text, 'T') || take(text, ' ')) && !take_clock(text, tm, fraction)) return std::nullopt;
  std::optional<Duration> offset;
  if (!text.empty()) {
    if (text[0] != 'Z' && text[0] != '+' && text[0] != '-') return std::nullopt;
    offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
  }
  const std::time_t seconds = offset || zone == Zone::Utc ? timegm(&tm) : mktime(&tm);
  // A Timestamp ends in the year 2262, a time in a text in 9999.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  const std::int64_t bounded = std::clamp<std::int64_t>(seconds, -kMost, kMost);
  return saturating_add(saturating_add(timestamp_from_ns(bounded * 1'000'000'000), fraction),
                        -offset.value_or(Duration{0}));
}

}  // namespace synfin
