/// \file
/// Capture time: nanoseconds since the Unix epoch as the capturing machine stamped them.
///
/// Nothing in the core reads a clock of its own; what a packet does not say is not known.
/// Tested in tests/unit/base/time_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace synfin {

/// The clock that packets are stamped with. It has no now(): time comes with packets.
struct CaptureClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CaptureClock, duration>;
  static constexpr bool is_steady = false;
};

using Duration = std::chrono::nanoseconds;
using Timestamp = CaptureClock::time_point;

/// "Not known" for a duration that is never negative when it is known.
inline constexpr Duration kNoDuration{-1};

/// `ns` nanoseconds after the epoch.
constexpr Timestamp timestamp_from_ns(std::int64_t ns) { return Timestamp{Duration{ns}}; }

constexpr std::int64_t to_ns(Timestamp t) { return t.time_since_epoch().count(); }

/// The later point, saturated where the sum would leave 64 bits.
constexpr Timestamp saturating_add(Timestamp t, Duration d) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(to_ns(t), d.count(), &sum)) {
    return d.count() > 0 ? Timestamp::max() : Timestamp::min();
  }
  return timestamp_from_ns(sum);
}

/// Seconds with six decimals, nine where the time has a part below a microsecond:
/// "1300475168.855330".
std::string format_epoch(Timestamp t);

/// The same for a span of time: "0.219720".
std::string format_seconds(Duration d);

/// Which zone a wall-clock text is written in.
enum class Zone : std::uint8_t { Local, Utc };

/// "2026-03-01" in `zone`.
std::string format_date(Timestamp t, Zone zone);

/// "14:30:16.123456" in `zone`.
std::string format_time_of_day(Timestamp t, Zone zone);

/// "2026-03-01T14:30:16.123456Z": RFC 3339, always UTC.
std::string format_rfc3339(Timestamp t);

/// A span as a person reads it, at most three digits and a unit: "87 us", "1.24 ms", "5.3 s",
/// "2m14s", "1h07m", "3d04h".
std::string format_human(Duration d);

}  // namespace synfin
