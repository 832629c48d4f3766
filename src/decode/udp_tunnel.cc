// See udp_tunnel.h.
#include "decode/udp_tunnel.h"

#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

DecodeResult decode_vxlan(ByteView packet, bool generic, DecodeContext& context) {
  constexpr std::uint8_t kHasVni = 0x08, kHasNext = 0x04;
  const auto vxlan = packet.header<8>();
  if (!vxlan) return context.too_short(packet, 8);
  const std::uint8_t flags = vxlan.u8<0>();
  if ((flags & kHasVni) == 0 || vxlan.u8<7>() != 0) return DecodeResult::NotTcp;
  context.set_tunnel(TunnelKind::Vxlan, vxlan.u24<4>());
  const ByteView inner = packet.skip(8);
  if (!generic || (flags & kHasNext) == 0) return decode_inner_ethernet(inner, context);
  switch (vxlan.u8<3>()) {
    case 1:
      return decode_ipv4(inner, context);
    case 2:
      return decode_ipv6(inner, context);
    case 3:
      return decode_inner_ethernet(inner, context);
    default:
      return DecodeResult::NotTcp;
  }
}

DecodeResult decode_geneve(ByteView packet, DecodeContext& context) {
  constexpr std::uint8_t kVersion = 0xC0, kOptionWords = 0x3F;
  const auto geneve = packet.header<8>();
  if (!geneve) return context.too_short(packet, 8);
  const std::uint16_t type = geneve.u16<2>();
  if ((geneve.u8<0>() & kVersion) != 0 || type <= kMaxFrameLength) return DecodeResult::NotTcp;
  context.set_tunnel(TunnelKind::Geneve, geneve.u24<4>());
  return decode_ether_type(type, packet.skip(8 + (geneve.u8<0>() & kOptionWords) * 4u), context);
}

/// Skips GTP-U's chain of extension headers; false if it does not end.
bool skip_gtp_extensions(std::uint8_t next, ByteView& rest) {
  constexpr int kMaxExtensions = 8;
  for (int i = 0; i < kMaxExtensions; ++i) {
    if (next == 0) return true;
    const std::uint32_t size = rest.header<1>().u8<0>() * 4u;
    if (size == 0) return false;
    next = rest.skip(size - 1).header<1>().u8<0>();
    rest = rest.skip(size);
  }
  return false;
}

DecodeResult decode_gtp_u(ByteView packet, DecodeContext& context) {
  constexpr std::uint8_t kVersion1 = 0x30, kVersionBits = 0xF8, kExtension = 0x04, kOptional = 0x07;
  constexpr std::uint8_t kUserData = 255;
  const auto gtp = packet.header<8>();
  if (!gtp) return context.too_short(packet, 8);
  const std::uint8_t flags = gtp.u8<0>();
  if ((flags & kVersionBits) != kVersion1 || gtp.u8<1>() != kUserData) return DecodeResult::NotTcp;
  if (gtp.u16<2>() + 8u > packet.wire() && !context.cut_short) return DecodeResult::NotTcp;

  ByteView rest = packet.skip(8);
  if ((flags & kOptional) != 0) {
    const auto optional = rest.header<4>();  // sequence number, N-PDU number, first extension
    rest = rest.skip(4);
    if ((flags & kExtension) != 0 && !skip_gtp_extensions(optional.u8<3>(), rest))
      return DecodeResult::NotTcp;
  }
  context.set_tunnel(TunnelKind::GtpU, gtp.u32<4>());
  return decode_ip(rest, context);
}

/// Skips the authentication and origin headers (RFC 4380 §5.1.1).
ByteView skip_teredo_headers(ByteView packet) {
  const auto authentication = packet.header<4>();
  if (authentication.u16<0>() == 1)
    packet = packet.skip(4u + authentication.u8<2>() + authentication.u8<3>() + 9);
  const auto origin = packet.header<8>();
  const bool has_origin = origin && origin.u16<0>() == 0;
  return has_origin ? packet.skip(8) : packet;
}

DecodeResult decode_teredo(ByteView packet, DecodeContext& context) {
  context.set_tunnel(TunnelKind::Teredo, 0);
  return decode_ipv6(skip_teredo_headers(packet), context);
}

/// True for an IPv6 packet that fills the datagram exactly and has an address in 2001::/32 at one
/// end or both.
bool is_teredo_between_peers(ByteView packet) {
  constexpr std::uint32_t kTeredoPrefix = 0x20010000;
  const auto ip = packet.header<kIpv6Header>();
  return ip.u8<0>() >> 4 == 6 && kIpv6Header + ip.u16<4>() == packet.wire() &&
         (ip.u32<8>() == kTeredoPrefix || ip.u32<24>() == kTeredoPrefix);
}

DecodeResult decode_by_port(std::uint16_t source, std::uint16_t destination, ByteView payload,
                            DecodeContext& context) {
  switch (destination) {
    case kPortVxlan:
    case kPortVxlanLinux:
      return decode_vxlan(payload, false, context);
    case kPortVxlanGpe:
      return decode_vxlan(payload, true, context);
    case kPortGeneve:
      return decode_geneve(payload, context);
    default:
      break;
  }
  if (destination == kPortGtpU || source == kPortGtpU) return decode_gtp_u(payload, context);
  const bool to_server = destination == kPortTeredo || source == kPortTeredo;
  return to_server || is_teredo_between_peers(payload) ? decode_teredo(payload, context)
                                                       : DecodeResult::NotTcp;
}

}  // namespace

DecodeResult decode_udp(ByteView datagram, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 8;
  const auto udp = datagram.header<kHeader>();
  if (!udp) return DecodeResult::NotTcp;
  const std::uint16_t length = udp.u16<4>();
  if (length >= kHeader && length <= datagram.wire()) datagram = datagram.resized(length);
  const DecodeResult result =
      decode_by_port(udp.u16<0>(), udp.u16<2>(), datagram.skip(kHeader), context);
  return result == DecodeResult::Malformed ? DecodeResult::NotTcp : result;
}

}  // namespace synfin
