/// \file
/// Capture time: nanoseconds since the Unix epoch, as stamped by the capturing machine.
///
/// The core never reads a clock; its time comes from packets. Tested in
/// tests/unit/base/time_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace synfin {

/// The clock that packets are stamped with. It has no now(), because time comes from packets.
struct CaptureClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CaptureClock, duration>;
  static constexpr bool is_steady = false;
};

using Duration = std::chrono::nanoseconds;
using Timestamp = CaptureClock::time_point;

/// An unknown duration. Known durations are not negative.
inline constexpr Duration kNoDuration{-1};

/// `ns` nanoseconds after the epoch.
constexpr Timestamp timestamp_from_ns(std::int64_t ns) { return Timestamp{Duration{ns}}; }

constexpr std::int64_t to_ns(Timestamp t) { return t.time_since_epoch().count(); }

/// Whole seconds after the epoch, rounded down.
constexpr std::int64_t seconds_of(Timestamp t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

/// t + d, clamped to the representable range.
constexpr Timestamp saturating_add(Timestamp t, Duration d) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(to_ns(t), d.count(), &sum)) {
    return d.count() > 0 ? Timestamp::max() : Timestamp::min();
  }
  return timestamp_from_ns(sum);
}

/// a - b, clamped to the representable range.
constexpr Duration saturating_sub(Timestamp a, Timestamp b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(to_ns(a), to_ns(b), &difference))
    return a > b ? Duration::max() : Duration::min();
  return Duration{difference};
}

/// a - b, clamped to the representable range.
constexpr Duration saturating_sub(Duration a, Duration b) {
  return saturating_sub(Timestamp{a}, Timestamp{b});
}

/// a + b, clamped to the representable range.
constexpr Duration saturating_add(Duration a, Duration b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.count(), b.count(), &sum))
    return a.count() > 0 ? Duration::max() : Duration::min();
  return Duration{sum};
}

/// Seconds with six decimals, or nine if the time has a part below a microsecond:
/// "1300475168.855330".
std::string format_epoch(Timestamp t);

/// A duration in the same format: "0.219720".
std::string format_seconds(Duration d);

/// The time zone of a formatted time.
enum class Zone : std::uint8_t { Local, Utc };

/// "2026-03-01" in `zone`.
std::string format_date(Timestamp t, Zone zone);

/// "14:30:16.123456" in `zone`.
std::string format_time_of_day(Timestamp t, Zone zone);

/// "UTC", or what local time is ahead of it at `t`: "+02:00".
std::string format_zone(Timestamp t, Zone zone);

/// "2026-03-01 14:30:16 UTC", with format_zone().
std::string format_moment(Timestamp t, Zone zone);

/// "2026-03-01T14:30:16.123456Z" (RFC 3339), always in UTC.
std::string format_rfc3339(Timestamp t);

/// A duration for people, with at most three digits and a unit: "87 us", "1.24 ms", "5.3 s",
/// "2m14s", "1h07m", "3d04h".
std::string format_human(Duration d);

}  // namespace synfin
