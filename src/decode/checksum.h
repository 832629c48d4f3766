/// \file
/// The Internet checksum (RFC 1071) of IPv4 headers and TCP segments, for --verify-checksums only.
/// Tested in tests/unit/decode/checksum_test.cc.
#pragma once

#include "decode/decode_context.h"

namespace synfin {

/// Verifies the IPv4 header of `size` bytes at the front of `packet`. Returns true also if it was
/// not captured whole.
bool ipv4_checksum_fits(ByteView packet, std::uint32_t size);

/// Verifies a TCP segment with the pseudo-header of the addresses in `context` (RFC 9293 §3.1, RFC
/// 8200 §8.1). Returns true also if the segment was not captured whole or is fragmented, because
/// the checksum cannot be computed then.
bool tcp_checksum_fits(ByteView segment, const DecodeContext& context);

}  // namespace synfin
