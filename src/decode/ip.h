/// \file
/// IPv4 (RFC 791) and IPv6 (RFC 8200).
///
/// Lengths come from the IP header, so that link padding is no payload and a capture cut short
/// still counts in full. A total length of 0 (segmentation offload) and an IPv6 payload length of 0
/// mean all that was on the wire; more than that is a contradiction. Tested in
/// tests/unit/decode/ip_test.cc.
#pragma once

#include "decode/walk.h"

namespace synfin {

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint32_t kMinIpv4Header = 20;
inline constexpr std::uint32_t kIpv6Header = 40;

Verdict decode_ipv4(ByteView packet, Walk& walk);
Verdict decode_ipv6(ByteView packet, Walk& walk);

/// An IP packet of the version that its first four bits say. Malformed where they say no known one.
Verdict decode_ip(ByteView packet, Walk& walk);

/// Write what the header says into a segment, but for the length.
inline void store_ipv4(Header<kMinIpv4Header> ip, Segment& out) {
  out.tuple.orig.address = ip.v4<12>();
  out.tuple.resp.address = ip.v4<16>();
  out.ip_id = ip.u16<4>();
  out.ttl = ip.u8<8>();
}
inline void store_ipv6(Header<kIpv6Header> ip, Segment& out) {
  out.tuple.orig.address = ip.v6<8>();
  out.tuple.resp.address = ip.v6<24>();
  out.ip_id = 0;
  out.ttl = ip.u8<7>();
}

}  // namespace synfin
