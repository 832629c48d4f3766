/// \file
/// The flag bits of a TCP header (RFC 9293 §3.1; AE by RFC 9768).
#pragma once

#include <cstdint>

namespace synfin {

enum TcpFlag : std::uint16_t {
  kFin = 0x001,
  kSyn = 0x002,
  kRst = 0x004,
  kPsh = 0x008,
  kAck = 0x010,
  kUrg = 0x020,
  kEce = 0x040,
  kCwr = 0x080,
  kAe = 0x100,
};

/// A segment with at least one of these flags is a control packet.
inline constexpr std::uint16_t kControlFlags = kSyn | kFin | kRst;

}  // namespace synfin
