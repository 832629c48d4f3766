/// \file
/// CopyFilter: recognizes a packet that another interface has already delivered (both sides of a
/// bridge, the "any" device). Tested in tests/unit/track/copy_filter_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/decode/segment.h"

namespace synfin {

/// Remembers the newest few thousand packets by a fingerprint of the fields that copies share:
/// addresses, ports, sequence numbers, flags, lengths and IP id, but not the TTL, which a router
/// changes. Memory is fixed.
class CopyFilter {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds{10};

  /// With `across_sources`, separately opened files or interfaces are compared, too.
  CopyFilter(std::uint64_t seed, bool across_sources)
      : seed_(seed), across_sources_(across_sources) {}

  /// True if `s` is a copy of a packet that another interface delivered within kWindow. Otherwise
  /// remembers `s`.
  bool is_copy(const Segment& s) {
    const bool is_first_interface = s.interface == interface_ && s.source == source_;
    return !(idle_ && is_first_interface) && check(s, is_first_interface);
  }

 private:
  struct SeenPacket {
    std::uint64_t fingerprint = 0;
    Timestamp time{};
    std::uint16_t interface = 0;
    std::uint16_t source = 0;
  };
  static constexpr std::size_t kPackets = 4096;
  /// After this many packets from one interface only, stop remembering until a second one appears.
  static constexpr std::uint64_t kIdleAfter = 1 << 16;

  bool check(const Segment& s, bool is_first_interface);

  std::uint64_t seed_;
  bool across_sources_;
  bool several_ = false;
  bool idle_ = false;  ///< only one interface has appeared
  std::uint16_t interface_ = 0;
  std::uint16_t source_ = 0;
  std::uint64_t seen_ = 0;
  std::array<SeenPacket, kPackets> packets_{};
};

}  // namespace synfin
