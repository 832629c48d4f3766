/// \file
/// The Internet checksum (RFC 1071) of IPv4 headers and TCP segments, for --verify-checksums only.
/// Tested in tests/unit/decode/checksum_test.cc.
#pragma once

#include "decode/walk.h"

namespace synfin {

/// Of the IPv4 header of `size` bytes in front of `packet`. True where it was not captured whole.
bool ipv4_checksum_fits(ByteView packet, std::uint32_t size);

/// Of a TCP segment and the pseudo-header of the addresses in `walk` (RFC 9293 §3.1, RFC 8200
/// §8.1). True where the segment was not captured whole, or lies in fragments: then nobody can
/// tell.
bool tcp_checksum_fits(ByteView segment, const Walk& walk);

}  // namespace synfin
