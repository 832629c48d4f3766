/// \file
/// The range of the times of packets and records.
#pragma once

#include "synfin/base/time.h"

namespace synfin {

/// 1910-01-01 and 2200-01-01: 290 years, so the difference between two times in this range fits
/// into 64 bits of nanoseconds, which hold 292 years.
inline constexpr Timestamp kMinTime = timestamp_from_ns(-1'893'456'000'000'000'000);
inline constexpr Timestamp kMaxTime = timestamp_from_ns(7'258'118'400'000'000'000);
static_assert(saturating_sub(kMaxTime, kMinTime) < Duration::max());

}  // namespace synfin
