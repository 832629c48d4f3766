/// \file
/// Durations and points in time as people write them. Tested in tests/unit/cli/time_text_test.cc.
#pragma once

#include <optional>
#include <string_view>

#include "synfin/base/time.h"

namespace synfin {

/// Parses "30s", "5m", "2h15m", "1d", "250ms" or a plain number of seconds. Returns nothing for
/// other texts and for negative numbers.
std::optional<Duration> parse_duration(std::string_view text);

/// Parses "2026-03-01" or "2026-03-01 14:30[:16[.5]]", with "T" instead of the blank and with an
/// offset ("Z", "+02:00") behind it if wanted, or seconds since the epoch. A time without an offset
/// is in `zone`. Returns nothing for other texts and for dates that do not exist.
std::optional<Timestamp> parse_time(std::string_view text, Zone zone);

}  // namespace synfin
