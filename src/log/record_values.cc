// See record_values.h.
#include "log/record_values.h"

#include <chrono>
#include <cmath>
#include <limits>

namespace synfin {
namespace {

constexpr std::int64_t kNsInSecond = 1'000'000'000;
constexpr std::int64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / kNsInSecond - 1;
/// Seconds since the epoch beyond which a number must mean milliseconds.
constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Up to nine decimals behind the point, as nanoseconds.
bool read_fraction(std::string_view digits, std::int64_t& ns) {
  ns = 0;
  std::int64_t unit = kNsInSecond / 10;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    ns += (c - '0') * unit;
    unit /= 10;
  }
  return true;
}

bool read_exponent_form(std::string_view text, Duration& out) {
  double seconds = 0;
  if (!read_number(text, seconds) || !std::isfinite(seconds) ||
      std::abs(seconds) > static_cast<double>(kMaxSeconds))
    return false;
  out = Duration{std::llround(seconds * static_cast<double>(kNsInSecond))};
  return true;
}

struct Date {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

/// "2026-03-01T14:30:16"; `text` has at least 19 characters.
bool read_date(std::string_view text, Date& d) {
  return text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' &&
         text[16] == ':' && read_number(text.substr(0, 4), d.year) &&
         read_number(text.substr(5, 2), d.month) && read_number(text.substr(8, 2), d.day) &&
         read_number(text.substr(11, 2), d.hour) && read_number(text.substr(14, 2), d.minute) &&
         read_number(text.substr(17, 2), d.second) && d.hour < 24 && d.minute < 60 &&
         d.second <= 60;
}

bool read_rfc3339(std::string_view text, Timestamp& out) {
  constexpr std::size_t kDate = 19;
  Date d;
  if (text.size() <= kDate || text.back() != 'Z' || !read_date(text, d)) return false;
  const std::chrono::year_month_day day{std::chrono::year{d.year}, std::chrono::month{d.month},
                                        std::chrono::day{d.day}};
  // Nanoseconds in 64 bits end in 2262.
  if (!day.ok() || d.year < 1700 || d.year > 2260) return false;
  std::string_view fraction = text.substr(kDate, text.size() - kDate - 1);
  std::int64_t ns = 0;
  if (!fraction.empty()) {
    if (fraction[0] != '.' || !read_fraction(fraction.substr(1), ns)) return false;
  }
  const std::int64_t days = std::chrono::sys_days{day}.time_since_epoch().count();
  const std::int64_t seconds =
      days * 86'400 + std::int64_t{d.hour} * 3600 + std::int64_t{d.minute} * 60 + d.second;
  out = timestamp_from_ns(seconds * kNsInSecond + ns);
  return true;
}

}  // namespace

bool read_seconds(std::string_view text, Duration& out) {
  if (text.empty()) return false;
  const bool negative = text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  std::int64_t seconds = 0;
  std::size_t at = 0;
  for (; at < digits.size() && is_digit(digits[at]); ++at) {
    if (seconds > kMaxSeconds / 10) return false;
    seconds = seconds * 10 + (digits[at] - '0');
  }
  if (at == 0 || seconds > kMaxSeconds) return false;
  std::int64_t ns = 0;
  if (at < digits.size() && (digits[at] != '.' || !read_fraction(digits.substr(at + 1), ns))) {
    return read_exponent_form(text, out);
  }
  ns += seconds * kNsInSecond;
  out = Duration{negative ? -ns : ns};
  return true;
}

bool read_time(std::string_view text, Timestamp& out) {
  if (text.size() > 4 && text[4] == '-') return read_rfc3339(text, out);
  Duration since_epoch{};
  std::int64_t whole = 0;
  // As nanoseconds, milliseconds would not fit.
  if (read_number(text, whole) && (whole >= kFirstMilliseconds || whole <= -kFirstMilliseconds)) {
    if (__builtin_mul_overflow(whole, std::int64_t{1'000'000}, &whole)) return false;
    out = timestamp_from_ns(whole);
    return true;
  }
  if (!read_seconds(text, since_epoch)) return false;
  out = timestamp_from_ns(since_epoch.count());
  return true;
}

bool read_address(std::string_view text, Address& out) {
  std::uint32_t v4 = 0, octet = 0;
  unsigned dots = 0, digits = 0;
  for (const char c : text) {
    if (is_digit(c) && digits < 3 && !(digits > 0 && octet == 0)) {
      octet = octet * 10 + static_cast<std::uint32_t>(c - '0');
      ++digits;
    } else if (c == '.' && digits > 0 && octet < 256 && dots < 3) {
      v4 = v4 << 8 | octet;
      octet = digits = 0;
      ++dots;
    } else {
      dots = 4;
      break;
    }
  }
  if (dots == 3 && digits > 0 && octet < 256) {
    out = Address::from_v4(v4 << 8 | octet);
    return true;
  }
  const auto parsed = Address::parse(text);
  if (!parsed) return false;
  out = *parsed;
  return true;
}

}  // namespace synfin
