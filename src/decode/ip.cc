/// \file
/// IP beyond the plain path: fragments, extension headers, and where each protocol goes.
/// Tested in tests/unit/decode/ip_test.cc.
#include "synfin/decode/ip.h"

#include "synfin/decode/gre.h"
#include "synfin/decode/icmp.h"
#include "synfin/decode/ipv6_chain.h"
#include "synfin/decode/link.h"
#include "synfin/decode/udp_tunnel.h"

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
  return next == kAuthentication ? Verdict::NotTcp
                                 : decode_transport_v4(next, payload.skip(size), walk);
}

/// Cuts `rest` to a jumbogram's own length. False where that contradicts the packet.
bool apply_jumbo(Ipv6Chain& chain, ByteView payload, Walk& walk) {
  const std::uint32_t headers = payload.wire() - chain.rest.wire();
  if (chain.jumbo < headers || chain.jumbo > payload.wire()) return false;
  chain.rest = chain.rest.resized(chain.jumbo - headers);
  walk.out.ip_length = kIpv6Header + chain.jumbo;
  return true;
}

}  // namespace

Verdict decode_ipv4_fragment(std::uint16_t fragment, std::uint8_t protocol, ByteView payload,
                             Walk& walk) {
  if ((fragment & 0x1FFF) != 0) return Verdict::Fragment;
  walk.cut = true;
  return decode_transport_v4(protocol, payload, walk);
}

Verdict decode_transport_v4(std::uint8_t protocol, ByteView payload, Walk& walk) {
  if (protocol == kIcmp) return decode_icmp(payload, walk);
  if (protocol == kAuthentication) return decode_authentication_v4(payload, walk);
  return decode_transport(protocol, payload, walk);
}

Verdict decode_ipv6_chain(std::uint8_t next, bool no_length, ByteView payload, Walk& walk) {
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

Verdict decode_ip(ByteView packet, Walk& walk) {
  const auto first = packet.header<1>();
  if (!first) return walk.too_short(packet, 1);
  const int version = first.u8<0>() >> 4;
  if (version == 4) return decode_ipv4(packet, walk);
  return version == 6 ? decode_ipv6(packet, walk) : Verdict::Malformed;
}

}  // namespace synfin
