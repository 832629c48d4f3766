// See udp_tunnel.h.
#include "decode/udp_tunnel.h"

#include "decode/gre.h"
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

/// Reserved bits and fields are ignored (RFC 7348 §5).
DecodeResult decode_vxlan(ByteView packet, bool generic, DecodeContext& context) {
  constexpr std::uint8_t kHasVni = 0x08, kHasNext = 0x04;
  const auto vxlan = packet.header<8>();
  if (!vxlan) return context.too_short(packet, 8);
  const std::uint8_t flags = vxlan.u8<0>();
  context.set_tunnel(TunnelKind::Vxlan, (flags & kHasVni) != 0 ? vxlan.u24<4>() : 0);
  const ByteView inner = packet.skip(8);
  if (!generic || (flags & kHasNext) == 0) return decode_inner_ethernet(inner, context);
  return decode_nsh_next(vxlan.u8<3>(), inner, context);
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

/// TaZmen Sniffer Protocol: version, type, protocol, then tagged fields up to the end tag.
DecodeResult decode_tzsp(ByteView packet, DecodeContext& context) {
  constexpr int kMaxFields = 64;
  constexpr std::uint8_t kPadding = 0, kEnd = 1;
  const auto tzsp = packet.header<4>();
  if (!tzsp) return context.too_short(packet, 4);
  if (tzsp.u8<0>() != 1 || tzsp.u8<1>() > 1) return DecodeResult::NotTcp;
  ByteView rest = packet.skip(4);
  for (int i = 0; i < kMaxFields; ++i) {
    const auto tag = rest.header<1>();
    if (!tag) return context.too_short(rest, 1);
    if (tag.u8<0>() == kEnd) break;
    const auto field = rest.header<2>();
    rest = rest.skip(tag.u8<0>() == kPadding ? 1 : 2u + field.u8<1>());
  }
  const auto end = rest.header<1>();
  if (!end) return context.too_short(rest, 1);
  if (end.u8<0>() != kEnd) return DecodeResult::NotTcp;
  rest = rest.skip(1);
  context.set_tunnel(TunnelKind::Tzsp, 0);
  switch (tzsp.u16<2>()) {
    case 1:
      return decode_inner_ethernet(rest, context);
    case 18:
      return context.enter_link() ? decode_ieee80211(rest, false, context) : DecodeResult::NotTcp;
    case 119:
    case 127:
      return context.enter_link() ? decode_prism(rest, context) : DecodeResult::NotTcp;
    default:
      return DecodeResult::NotTcp;
  }
}

/// RFC 2661 §3.1: data messages carry PPP after optional fields.
DecodeResult decode_l2tp(ByteView packet, DecodeContext& context) {
  constexpr std::uint16_t kControl = 0x8000, kLength = 0x4000, kSequence = 0x0800, kOffset = 0x0200,
                          kVersion = 0x000F;
  const auto l2tp = packet.header<2>();
  if (!l2tp) return context.too_short(packet, 2);
  const std::uint16_t flags = l2tp.u16<0>();
  if ((flags & kVersion) != 2 || (flags & kControl) != 0) return DecodeResult::NotTcp;
  ByteView rest = packet.skip((flags & kLength) != 0 ? 4 : 2);
  const auto ids = rest.header<4>();  // tunnel and session
  if (!ids) return context.too_short(rest, 4);
  rest = rest.skip((flags & kSequence) != 0 ? 8 : 4);
  if ((flags & kOffset) != 0) {
    const auto offset = rest.header<2>();
    if (!offset) return context.too_short(rest, 2);
    rest = rest.skip(2u + offset.u16<0>());
  }
  context.set_tunnel(TunnelKind::L2tp, ids.u16<2>());
  return context.enter_link() ? decode_ppp(rest, context) : DecodeResult::NotTcp;
}

/// RFC 9300 §5.1: a header of eight bytes before an IP packet. The instance id is optional.
DecodeResult decode_lisp(ByteView packet, DecodeContext& context) {
  constexpr std::uint8_t kHasInstance = 0x08;
  const auto lisp = packet.header<8>();
  if (!lisp) return context.too_short(packet, 8);
  context.set_tunnel(TunnelKind::Lisp, (lisp.u8<0>() & kHasInstance) != 0 ? lisp.u24<4>() : 0);
  return decode_ip(packet.skip(8), context);
}

/// RFC 5415 §4.3: data messages carry Ethernet or IEEE 802.11. DTLS hides its payload.
DecodeResult decode_capwap(ByteView packet, DecodeContext& context) {
  constexpr std::uint32_t kNative = 0x100, kFragment = 0x80, kKeepAlive = 0x08, kMinHeader = 8;
  constexpr std::uint32_t kIeee80211 = 1, kOffset = 0xFFF8;
  const auto capwap = packet.header<kMinHeader>();
  if (!capwap) return context.too_short(packet, kMinHeader);
  const std::uint32_t bits = capwap.u32<0>();
  const std::uint32_t size = (bits >> 19 & 0x1F) * 4;
  if (bits >> 24 != 0 || size < kMinHeader || (bits & kKeepAlive) != 0) return DecodeResult::NotTcp;
  if ((bits & kFragment) != 0) {
    if ((capwap.u16<6>() & kOffset) != 0) return DecodeResult::NotTcp;
    context.cut_short = true;
  }
  context.set_tunnel(TunnelKind::Capwap, 0);
  const ByteView payload = packet.skip(size);
  if ((bits & kNative) == 0) return decode_inner_ethernet(payload, context);
  const bool wireless = (bits >> 9 & 0x1F) == kIeee80211 && context.enter_link();
  return wireless ? decode_ieee80211(payload, false, context) : DecodeResult::NotTcp;
}

/// draft-ietf-intarea-gue: version 0 names an IP protocol, version 1 is an IP packet.
DecodeResult decode_gue(ByteView packet, DecodeContext& context) {
  constexpr std::uint8_t kVersion = 0xC0, kControl = 0x20, kLengthWords = 0x1F;
  const auto gue = packet.header<4>();
  if (!gue) return context.too_short(packet, 4);
  context.set_tunnel(TunnelKind::Gue, 0);
  if ((gue.u8<0>() & kVersion) == 0x40) return decode_ip(packet, context);
  if ((gue.u8<0>() & (kVersion | kControl)) != 0) return DecodeResult::NotTcp;
  const ByteView payload = packet.skip(4 + (gue.u8<0>() & kLengthWords) * 4u);
  switch (gue.u8<1>()) {
    case kProtocolIpv4:
      return decode_ipv4(payload, context);
    case kProtocolIpv6:
      return decode_ipv6(payload, context);
    case kProtocolGre:
      return decode_gre(payload, context);
    default:
      return DecodeResult::NotTcp;
  }
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
    case kPortTzsp:
      return decode_tzsp(payload, context);
    case kPortMpls:
      return context.enter_link() ? decode_mpls(payload, context) : DecodeResult::NotTcp;
    case kPortGre:
      return decode_gre(payload, context);
    case kPortGue:
      return decode_gue(payload, context);
    case kPortLisp:
      return decode_lisp(payload, context);
    default:
      break;
  }
  if (destination == kPortL2tp || source == kPortL2tp) return decode_l2tp(payload, context);
  if (destination == kPortCapwap || source == kPortCapwap) return decode_capwap(payload, context);
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
