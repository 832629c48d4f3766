/// \file
/// TimeScale: the unit and offset of one interface's timestamps in a pcapng file.
///
/// Spec: draft-ietf-opsawg-pcapng, options if_tsresol and if_tsoffset.
/// Tested in tests/unit/capture/time_scale_test.cc.
#pragma once

#include <cstdint>

#include "synfin/base/time.h"

namespace synfin {

/// Converts ticks to nanoseconds since the epoch, rounded down and clamped to 64 bits. Every option
/// value is valid.
class TimeScale {
 public:
  /// `resolution` as stored in if_tsresol: a negative power of 10, or with the top bit set, of 2.
  /// `offset_seconds` as stored in if_tsoffset.
  explicit TimeScale(std::uint8_t resolution = 6, std::int64_t offset_seconds = 0);

  Timestamp operator()(std::uint64_t ticks) const {
    if (divisor_ != 1) return clamp(static_cast<Wide>(ticks / divisor_) + offset_ns_);
    return clamp((static_cast<Wide>(ticks) * multiplier_ >> shift_) + offset_ns_);
  }

 private:
  // Ticks have 64 bits, a billion 30 and an offset in seconds 63, so 128 bits suffice.
  __extension__ using Wide = __int128;

  static Timestamp clamp(Wide ns) {
    if (ns > Timestamp::max().time_since_epoch().count()) return Timestamp::max();
    if (ns < Timestamp::min().time_since_epoch().count()) return Timestamp::min();
    return timestamp_from_ns(static_cast<std::int64_t>(ns));
  }

  Wide offset_ns_;
  std::uint64_t divisor_ = 1;
  std::uint32_t multiplier_ = 1;
  std::uint8_t shift_ = 0;
};

}  // namespace synfin
