/// \file
/// CopyFilter: tells a packet that was already seen on another interface (a bridge's two sides,
/// "any"). Tested in tests/unit/track/copy_filter_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/decode/segment.h"

namespace synfin {

/// Remembers the newest few thousand packets by a fingerprint of all that a copy keeps: addresses,
/// ports, sequence numbers, flags, lengths and IP id (not the TTL, which a router changes). Memory
/// is fixed.
class CopyFilter {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds{10};

  /// `across_sources`: two files or live interfaces opened apart may hold copies of one another,
  /// too.
  CopyFilter(std::uint64_t seed, bool across_sources)
      : seed_(seed), across_sources_(across_sources) {}

  /// True when `s` is a copy of a packet seen within kWindow on another interface; remembers it
  /// otherwise.
  bool is_copy(const Segment& s) {
    const bool familiar = s.interface == interface_ && s.source == source_;
    return !(asleep_ && familiar) && check(s, familiar);
  }

 private:
  struct Entry {
    std::uint64_t fingerprint = 0;
    Timestamp time{};
    std::uint16_t interface = 0;
    std::uint16_t source = 0;
  };
  static constexpr std::size_t kEntries = 4096;
  /// One interface alone for so many packets: stop remembering until a second one appears.
  static constexpr std::uint64_t kLearning = 1 << 16;

  bool check(const Segment& s, bool familiar);

  std::uint64_t seed_;
  bool across_sources_;
  bool several_ = false;
  bool asleep_ = false;  ///< has learned that there is one interface alone
  std::uint16_t interface_ = 0;
  std::uint16_t source_ = 0;
  std::uint64_t seen_ = 0;
  std::array<Entry, kEntries> entries_{};
};

}  // namespace synfin
