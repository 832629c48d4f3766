/// \file
/// IPv4 (RFC 791) and IPv6 (RFC 8200).
///
/// Lengths come from the IP header: link padding does not count as payload, and bytes that the
/// capture cut off do. A total length of 0 (segmentation offload) and an IPv6 payload length of 0
/// mean all bytes on the wire. A larger length is accepted, because mirror ports that cut packets
/// also cut the wire length that the capture records. Tested in tests/unit/decode/ip_test.cc.
#pragma once

#include "decode/decode_context.h"
#include "synfin/base/protocol_numbers.h"

namespace synfin {

inline constexpr std::uint32_t kMinIpv4Header = 20;
inline constexpr std::uint32_t kIpv6Header = 40;

DecodeResult decode_ipv4(ByteView packet, DecodeContext& context);
DecodeResult decode_ipv6(ByteView packet, DecodeContext& context);

/// Decodes an IP packet by the version in its first four bits; Malformed if it is neither 4 nor 6.
DecodeResult decode_ip(ByteView packet, DecodeContext& context);

/// Write all fields of the header but the length into a segment.
inline void store_ipv4(Header<kMinIpv4Header> ip, Segment& out) {
  out.tuple.orig.address = ip.v4<12>();
  out.tuple.resp.address = ip.v4<16>();
  out.ip_id = ip.u16<4>();
  out.ttl = ip.u8<8>();
  out.tos = ip.u8<1>();
}
inline void store_ipv6(Header<kIpv6Header> ip, Segment& out) {
  out.tuple.orig.address = ip.v6<8>();
  out.tuple.resp.address = ip.v6<24>();
  out.ip_id = 0;
  out.ttl = ip.u8<7>();
  out.tos = static_cast<std::uint8_t>(ip.u16<0>() >> 4);
}

}  // namespace synfin
