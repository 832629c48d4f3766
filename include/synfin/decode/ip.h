/// \file
/// IPv4 (RFC 791) and IPv6 (RFC 8200) headers. What every packet passes is inline; fragments,
/// extension headers and other protocols are not.
///
/// Lengths come from the IP header, so that link padding is no payload and a capture cut short
/// still counts in full. A total length of 0 (segmentation offload) and an IPv6 payload length of 0
/// mean all that was on the wire; more than that is a contradiction. Tested in
/// tests/unit/decode/ip_test.cc.
#pragma once

#include "synfin/decode/checksum.h"
#include "synfin/decode/tcp.h"
#include "synfin/decode/walk.h"

namespace synfin {

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint32_t kMinIpv4Header = 20;
inline constexpr std::uint32_t kIpv6Header = 40;

/// An IPv4 fragment; `fragment` is the header's flags and offset. `payload` as for
/// decode_transport().
Verdict decode_ipv4_fragment(std::uint16_t fragment, std::uint8_t protocol, ByteView payload,
                             Walk& walk);

/// Anything but plain TCP in an IPv4 packet.
Verdict decode_transport_v4(std::uint8_t protocol, ByteView payload, Walk& walk);

/// The extension headers of an IPv6 packet and what follows them. `no_length`: its payload length
/// was 0.
Verdict decode_ipv6_chain(std::uint8_t next, bool no_length, ByteView payload, Walk& walk);

/// An IP packet of the version that its first four bits say. Malformed where they say no known one.
Verdict decode_ip(ByteView packet, Walk& walk);

inline Verdict decode_ipv4(ByteView packet, Walk& walk) {
  const auto ip = packet.header<kMinIpv4Header>();
  if (!ip) [[unlikely]]
    return walk.too_short(packet, kMinIpv4Header);

  const std::uint8_t version_and_words = ip.u8<0>();
  const std::uint32_t header = (version_and_words & 0xF) * 4u;
  const std::uint32_t total = ip.u16<2>() != 0 ? ip.u16<2>() : packet.wire();
  if (version_and_words >> 4 != 4 || header < kMinIpv4Header || total < header) [[unlikely]]
    return Verdict::Malformed;
  if (total > packet.wire() && !walk.cut) [[unlikely]]
    return Verdict::Malformed;
  if (!walk.enter_ip()) [[unlikely]]
    return Verdict::NotTcp;
  if (walk.verify_checksums) [[unlikely]]
    walk.ip_header_intact = ipv4_checksum_fits(packet, header);

  Segment& out = walk.out;
  out.tuple.orig.address = ip.v4<12>();
  out.tuple.resp.address = ip.v4<16>();
  out.ip_length = total;
  out.ip_id = ip.u16<4>();
  out.ttl = ip.u8<8>();

  const ByteView payload = packet.resized(total).skip(header);
  const std::uint8_t protocol = ip.u8<9>();
  const std::uint16_t fragment = ip.u16<6>() & 0x3FFF;  // more fragments, and the offset
  if (fragment != 0) [[unlikely]]
    return decode_ipv4_fragment(fragment, protocol, payload, walk);
  if (protocol == kProtocolTcp) [[likely]]
    return decode_tcp(payload, walk);
  return decode_transport_v4(protocol, payload, walk);
}

inline Verdict decode_ipv6(ByteView packet, Walk& walk) {
  const auto ip = packet.header<kIpv6Header>();
  if (!ip) [[unlikely]]
    return walk.too_short(packet, kIpv6Header);

  const std::uint32_t length = ip.u16<4>();
  const std::uint32_t total = length != 0 ? kIpv6Header + length : packet.wire();
  if (ip.u8<0>() >> 4 != 6) [[unlikely]]
    return Verdict::Malformed;
  if (total > packet.wire() && !walk.cut) [[unlikely]]
    return Verdict::Malformed;
  if (!walk.enter_ip()) [[unlikely]]
    return Verdict::NotTcp;
  walk.ip_header_intact = true;  // it has no checksum

  Segment& out = walk.out;
  out.tuple.orig.address = ip.v6<8>();
  out.tuple.resp.address = ip.v6<24>();
  out.ip_length = total;
  out.ip_id = 0;
  out.ttl = ip.u8<7>();

  const ByteView payload = packet.resized(total).skip(kIpv6Header);
  const std::uint8_t next = ip.u8<6>();
  if (next == kProtocolTcp) [[likely]]
    return decode_tcp(payload, walk);
  return decode_ipv6_chain(next, length == 0, payload, walk);
}

}  // namespace synfin
