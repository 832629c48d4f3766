// See ip.h. Flow: IP header → fragment fields, extension headers → the next protocol's decoder.
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

/// RFC 3378: a version of 3 and zeros before an Ethernet frame.
DecodeResult decode_ether_ip(ByteView payload, DecodeContext& context) {
  const auto header = payload.header<2>();
  if (!header) return context.too_short(payload, 2);
  if (header.u8<0>() >> 4 != 3) return DecodeResult::NotTcp;
  context.set_tunnel(TunnelKind::EtherIp, 0);
  return decode_inner_ethernet(payload.skip(2), context);
}

/// The protocols that both IPv4 and IPv6 carry.
DecodeResult decode_transport(std::uint8_t protocol, ByteView payload, DecodeContext& context) {
  switch (protocol) {
    case kProtocolTcp:
      return decode_tcp(payload, context);
    case kProtocolUdp:
      return decode_udp(payload, context);
    case kProtocolIpv4:
      context.set_tunnel(TunnelKind::IpIp, 0);
      return decode_ipv4(payload, context);
    case kProtocolIpv6:
      context.set_tunnel(TunnelKind::IpIp, 0);
      return decode_ipv6(payload, context);
    case kProtocolGre:
      return decode_gre(payload, context);
    case kProtocolMpls:
      return decode_mpls(payload, context);
    case kProtocolEtherIp:
      return decode_ether_ip(payload, context);
    case kProtocolEthernet:
      return decode_inner_ethernet(payload, context);
    default:
      return DecodeResult::NotTcp;
  }
}

/// An authentication header (RFC 4302 §2.2) before an IPv4 packet's payload.
DecodeResult decode_authentication_v4(ByteView payload, DecodeContext& context) {
  constexpr std::uint32_t kMinHeader = 12;
  const auto header = payload.header<kMinHeader>();
  if (!header) return context.too_short(payload, kMinHeader);
  const std::uint32_t size = (header.u8<1>() + 2u) * 4;
  if (size < kMinHeader || size > payload.wire()) return DecodeResult::Malformed;
  const std::uint8_t next = header.u8<0>();
  const ByteView rest = payload.skip(size);
  return next == kProtocolIcmp ? decode_icmp(rest, context) : decode_transport(next, rest, context);
}

/// The payload of an IPv4 packet.
DecodeResult decode_payload_v4(std::uint8_t protocol, ByteView payload, DecodeContext& context) {
  if (protocol == kProtocolIcmp) return decode_icmp(payload, context);
  if (protocol == kProtocolAuthentication) return decode_authentication_v4(payload, context);
  return decode_transport(protocol, payload, context);
}

/// Applies a jumbogram's own length to `chain.rest`. False if it contradicts the packet.
bool apply_jumbo(Ipv6Chain& chain, ByteView payload, DecodeContext& context) {
  const std::uint32_t headers = payload.wire() - chain.rest.wire();
  if (chain.jumbo < headers || chain.jumbo > payload.wire()) return false;
  chain.rest = chain.rest.resized(chain.jumbo - headers);
  context.segment.ip_length = kIpv6Header + chain.jumbo;
  return true;
}

/// The extension headers and the payload. `no_length`: the IPv6 payload length was 0.
DecodeResult decode_payload_v6(std::uint8_t next, bool no_length, ByteView payload,
                               DecodeContext& context) {
  Ipv6Chain chain = follow_ipv6_chain(next, payload, context.segment.tuple);
  switch (chain.end) {
    case Ipv6Chain::End::Upper:
      break;
    case Ipv6Chain::End::LaterFragment:
      return DecodeResult::Fragment;
    case Ipv6Chain::End::Short:
      return context.too_short(chain.rest, chain.needed);
    case Ipv6Chain::End::TooMany:
      return DecodeResult::NotTcp;
  }
  if (no_length && chain.jumbo != 0 && !apply_jumbo(chain, payload, context))
    return DecodeResult::Malformed;
  if (chain.more_fragments) context.cut_short = true;
  if (chain.protocol == kProtocolIcmp6) return decode_icmp6(chain.rest, context);
  return decode_transport(chain.protocol, chain.rest, context);
}

}  // namespace

DecodeResult decode_ipv4(ByteView packet, DecodeContext& context) {
  const auto ip = packet.header<kMinIpv4Header>();
  if (!ip) return context.too_short(packet, kMinIpv4Header);
  const std::uint32_t header = (ip.u8<0>() & 0xF) * 4u;
  const std::uint32_t total = ip.u16<2>() != 0 ? ip.u16<2>() : packet.wire();
  if (ip.u8<0>() >> 4 != 4 || header < kMinIpv4Header || total < header)
    return DecodeResult::Malformed;
  if (total > packet.wire()) context.cut_short = true;
  if (!context.enter_ip()) return DecodeResult::NotTcp;
  if (context.verify_checksums) context.ip_header_intact = ipv4_checksum_fits(packet, header);
  store_ipv4(ip, context.segment);
  context.segment.ip_length = total;

  constexpr std::uint16_t kMoreFragments = 0x2000, kOffset = 0x1FFF;
  const std::uint16_t fragment = ip.u16<6>();
  if ((fragment & kOffset) != 0) return DecodeResult::Fragment;
  if ((fragment & kMoreFragments) != 0) context.cut_short = true;
  return decode_payload_v4(ip.u8<9>(), packet.resized(total).skip(header), context);
}

DecodeResult decode_ipv6(ByteView packet, DecodeContext& context) {
  const auto ip = packet.header<kIpv6Header>();
  if (!ip) return context.too_short(packet, kIpv6Header);
  const std::uint32_t length = ip.u16<4>();
  const std::uint32_t total = length != 0 ? kIpv6Header + length : packet.wire();
  if (ip.u8<0>() >> 4 != 6) return DecodeResult::Malformed;
  if (total > packet.wire()) context.cut_short = true;
  if (!context.enter_ip()) return DecodeResult::NotTcp;
  context.ip_header_intact = true;  // IPv6 headers have no checksum
  store_ipv6(ip, context.segment);
  context.segment.ip_length = total;
  const ByteView payload = packet.resized(total).skip(kIpv6Header);
  return decode_payload_v6(ip.u8<6>(), length == 0, payload, context);
}

DecodeResult decode_ip(ByteView packet, DecodeContext& context) {
  const auto first = packet.header<1>();
  if (!first) return context.too_short(packet, 1);
  const int version = first.u8<0>() >> 4;
  if (version == 4) return decode_ipv4(packet, context);
  return version == 6 ? decode_ipv6(packet, context) : DecodeResult::Malformed;
}

}  // namespace synfin
