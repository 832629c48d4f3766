/// \file
/// IP header → what it carries: fragments, extension headers, and where each protocol goes.
/// Tested in tests/unit/decode/ip_test.cc.
#include "decode/ip.h"

#include "decode/checksum.h"
#include "decode/gre.h"
#include "decode/icmp.h"
#include "decode/ipv6_chain.h"
#include "decode/link.h"
#include "decode/tcp.h"
#include "decode/udp_tunnel.h"

namespace synfin {
namespace {

enum : std::uint8_t {
  kIcmp = 1,
  kIpv4InIp = 4,
  kUdp = 17,
  kIpv6InIp = 41,
  kGre = 47,
  kAuthentication = 51,
  kIcmp6 = 58,
  kMplsInIp = 137,
};

/// What IPv4 and IPv6 carry alike.
Verdict decode_transport(std::uint8_t protocol, ByteView payload, Walk& walk) {
  switch (protocol) {
    case kProtocolTcp:
      return decode_tcp(payload, walk);
    case kUdp:
      return decode_udp(payload, walk);
    case kIpv4InIp:
      walk.enter_tunnel(TunnelKind::IpIp, 0);
      return decode_ipv4(payload, walk);
    case kIpv6InIp:
      walk.enter_tunnel(TunnelKind::IpIp, 0);
      return decode_ipv6(payload, walk);
    case kGre:
      return decode_gre(payload, walk);
    case kMplsInIp:
      return decode_mpls(payload, walk);
    default:
      return Verdict::NotTcp;
  }
}

/// RFC 4302 §2.2, in front of an IPv4 packet's payload.
Verdict decode_authentication_v4(ByteView payload, Walk& walk) {
  constexpr std::uint32_t kMinHeader = 12;
  const auto header = payload.header<kMinHeader>();
  if (!header) return walk.too_short(payload, kMinHeader);
  const std::uint32_t size = (header.u8<1>() + 2u) * 4;
  if (size < kMinHeader || size > payload.wire()) return Verdict::Malformed;
  const std::uint8_t next = header.u8<0>();
  const ByteView rest = payload.skip(size);
  return next == kIcmp ? decode_icmp(rest, walk) : decode_transport(next, rest, walk);
}

/// Anything in an IPv4 packet.
Verdict decode_payload_v4(std::uint8_t protocol, ByteView payload, Walk& walk) {
  if (protocol == kIcmp) return decode_icmp(payload, walk);
  if (protocol == kAuthentication) return decode_authentication_v4(payload, walk);
  return decode_transport(protocol, payload, walk);
}

/// Cuts `rest` to a jumbogram's own length. False where that contradicts the packet.
bool apply_jumbo(Ipv6Chain& chain, ByteView payload, Walk& walk) {
  const std::uint32_t headers = payload.wire() - chain.rest.wire();
  if (chain.jumbo < headers || chain.jumbo > payload.wire()) return false;
  chain.rest = chain.rest.resized(chain.jumbo - headers);
  walk.out.ip_length = kIpv6Header + chain.jumbo;
  return true;
}

/// The extension headers and what follows them. `no_length`: the payload length was 0.
Verdict decode_payload_v6(std::uint8_t next, bool no_length, ByteView payload, Walk& walk) {
  Ipv6Chain chain = follow_ipv6_chain(next, payload, walk.out.tuple);
  switch (chain.end) {
    case Ipv6Chain::End::Upper:
      break;
    case Ipv6Chain::End::LaterFragment:
      return Verdict::Fragment;
    case Ipv6Chain::End::Short:
      return walk.too_short(chain.rest, chain.needed);
    case Ipv6Chain::End::TooMany:
      return Verdict::NotTcp;
  }
  if (no_length && chain.jumbo != 0 && !apply_jumbo(chain, payload, walk))
    return Verdict::Malformed;
  if (chain.more_fragments) walk.cut = true;
  if (chain.protocol == kIcmp6) return decode_icmp6(chain.rest, walk);
  return decode_transport(chain.protocol, chain.rest, walk);
}

}  // namespace

Verdict decode_ipv4(ByteView packet, Walk& walk) {
  const auto ip = packet.header<kMinIpv4Header>();
  if (!ip) return walk.too_short(packet, kMinIpv4Header);
  const std::uint32_t header = (ip.u8<0>() & 0xF) * 4u;
  const std::uint32_t total = ip.u16<2>() != 0 ? ip.u16<2>() : packet.wire();
  const bool fits = total <= packet.wire() || walk.cut;
  if (ip.u8<0>() >> 4 != 4 || header < kMinIpv4Header || total < header || !fits) {
    return Verdict::Malformed;
  }
  if (!walk.enter_ip()) return Verdict::NotTcp;
  if (walk.verify_checksums) walk.ip_header_intact = ipv4_checksum_fits(packet, header);
  store_ipv4(ip, walk.out);
  walk.out.ip_length = total;

  constexpr std::uint16_t kMoreFragments = 0x2000, kOffset = 0x1FFF;
  const std::uint16_t fragment = ip.u16<6>();
  if ((fragment & kOffset) != 0) return Verdict::Fragment;
  if ((fragment & kMoreFragments) != 0) walk.cut = true;
  return decode_payload_v4(ip.u8<9>(), packet.resized(total).skip(header), walk);
}

Verdict decode_ipv6(ByteView packet, Walk& walk) {
  const auto ip = packet.header<kIpv6Header>();
  if (!ip) return walk.too_short(packet, kIpv6Header);
  const std::uint32_t length = ip.u16<4>();
  const std::uint32_t total = length != 0 ? kIpv6Header + length : packet.wire();
  const bool fits = total <= packet.wire() || walk.cut;
  if (ip.u8<0>() >> 4 != 6 || !fits) return Verdict::Malformed;
  if (!walk.enter_ip()) return Verdict::NotTcp;
  walk.ip_header_intact = true;  // it has no checksum
  store_ipv6(ip, walk.out);
  walk.out.ip_length = total;
  const ByteView payload = packet.resized(total).skip(kIpv6Header);
  return decode_payload_v6(ip.u8<6>(), length == 0, payload, walk);
}

Verdict decode_ip(ByteView packet, Walk& walk) {
  const auto first = packet.header<1>();
  if (!first) return walk.too_short(packet, 1);
  const int version = first.u8<0>() >> 4;
  if (version == 4) return decode_ipv4(packet, walk);
  return version == 6 ? decode_ipv6(packet, walk) : Verdict::Malformed;
}

}  // namespace synfin
