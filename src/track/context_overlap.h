/// \file
/// ContextOverlap: detects networks with overlapping addresses, so that synfin can suggest
/// --context-key. Tested in tests/unit/track/context_overlap_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/decode/segment.h"

namespace synfin {

/// Compares each segment with the last one from the same source to the same destination, if that
/// was seen less than kWindow before. The two directions of a connection are not compared, because
/// their ids may differ (RFC 9135).
///
/// Memory is fixed, so segments of other connections may hide an overlap. The result does not
/// depend on the seed of the table. Not thread-safe.
class ContextOverlap {
 public:
  static constexpr Duration kWindow = std::chrono::seconds{1};

  /// True if `s` has another context than the segment before it. REQUIRES: no copies.
  bool is_overlap(const Segment& s) {
    SeenSegment& seen = segments_[index_of(s.tuple)];
    const std::uint64_t context = context_of(s.encapsulation);
    const bool same_tuple = seen.used && seen.tuple == s.tuple;
    const bool overlap = same_tuple && seen.context != context && s.time >= seen.time &&
                         s.time < saturating_add(seen.time, kWindow);
    seen = {s.tuple, s.time, context, true};
    return overlap;
  }

 private:
  static constexpr std::size_t kSegments = 1024;
  struct SeenSegment {
    FiveTuple tuple;
    Timestamp time{};
    std::uint64_t context = 0;
    bool used = false;
  };

  static std::size_t index_of(const FiveTuple& t) {
    const std::uint64_t sum = t.orig.address.low() * 3 + t.resp.address.low() * 5 +
                              t.orig.address.high() + t.resp.address.high() * 7 +
                              (std::uint64_t{t.orig.port} << 16 | t.resp.port);
    return sum * 0x9E3779B97F4A7C15 >> 54;
  }

  std::array<SeenSegment, kSegments> segments_{};
};

}  // namespace synfin
