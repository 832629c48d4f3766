/// \file
/// UDP → what a tunnel in it carries.
/// Tested in tests/unit/decode/tunnel_test.cc.
#include "decode/udp_tunnel.h"

#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

enum Port : std::uint16_t {
  kGtpU = 2152,
  kTeredo = 3544,
  kVxlan = 4789,
  kVxlanGpe = 4790,
  kGeneve = 6081,
  kVxlanLinux = 8472,
};

Verdict decode_vxlan(ByteView packet, bool generic, Walk& walk) {
  constexpr std::uint8_t kHasVni = 0x08, kHasNext = 0x04;
  const auto vxlan = packet.header<8>();
  if (!vxlan) return walk.too_short(packet, 8);
  const std::uint8_t flags = vxlan.u8<0>();
  if ((flags & kHasVni) == 0 || vxlan.u8<7>() != 0) return Verdict::NotTcp;
  walk.enter_tunnel(TunnelKind::Vxlan, vxlan.u24<4>());
  const ByteView inner = packet.skip(8);
  if (!generic || (flags & kHasNext) == 0) return decode_inner_ethernet(inner, walk);
  switch (vxlan.u8<3>()) {
    case 1:
      return decode_ipv4(inner, walk);
    case 2:
      return decode_ipv6(inner, walk);
    case 3:
      return decode_inner_ethernet(inner, walk);
    default:
      return Verdict::NotTcp;
  }
}

Verdict decode_geneve(ByteView packet, Walk& walk) {
  constexpr std::uint8_t kVersion = 0xC0, kOptionWords = 0x3F;
  const auto geneve = packet.header<8>();
  if (!geneve) return walk.too_short(packet, 8);
  const std::uint16_t type = geneve.u16<2>();
  if ((geneve.u8<0>() & kVersion) != 0 || type <= kMaxLength) return Verdict::NotTcp;
  walk.enter_tunnel(TunnelKind::Geneve, geneve.u24<4>());
  return decode_ether_type(type, packet.skip(8 + (geneve.u8<0>() & kOptionWords) * 4u), walk);
}

/// Takes GTP-U's chain of extension headers off the front; false where it does not end.
bool pass_gtp_extensions(std::uint8_t next, ByteView& rest) {
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

Verdict decode_gtp_u(ByteView packet, Walk& walk) {
  constexpr std::uint8_t kVersion1 = 0x30, kVersionBits = 0xF8, kExtension = 0x04, kOptional = 0x07;
  constexpr std::uint8_t kUserData = 255;
  const auto gtp = packet.header<8>();
  if (!gtp) return walk.too_short(packet, 8);
  const std::uint8_t flags = gtp.u8<0>();
  if ((flags & kVersionBits) != kVersion1 || gtp.u8<1>() != kUserData) return Verdict::NotTcp;
  if (gtp.u16<2>() + 8u > packet.wire() && !walk.cut) return Verdict::NotTcp;

  ByteView rest = packet.skip(8);
  if ((flags & kOptional) != 0) {
    const auto optional = rest.header<4>();  // sequence number, N-PDU number, first extension
    rest = rest.skip(4);
    if ((flags & kExtension) != 0 && !pass_gtp_extensions(optional.u8<3>(), rest))
      return Verdict::NotTcp;
  }
  walk.enter_tunnel(TunnelKind::GtpU, gtp.u32<4>());
  return decode_ip(rest, walk);
}

/// Takes the authentication and origin headers off (RFC 4380 §5.1.1).
ByteView pass_teredo_headers(ByteView packet) {
  const auto authentication = packet.header<4>();
  if (authentication.u16<0>() == 1)
    packet = packet.skip(4u + authentication.u8<2>() + authentication.u8<3>() + 9);
  const auto origin = packet.header<8>();
  const bool has_origin = origin && origin.u16<0>() == 0;
  return has_origin ? packet.skip(8) : packet;
}

Verdict decode_teredo(ByteView packet, Walk& walk) {
  walk.enter_tunnel(TunnelKind::Teredo, 0);
  return decode_ipv6(pass_teredo_headers(packet), walk);
}

/// An IPv6 packet that fills the datagram exactly, with an address of 2001::/32 at one end at
/// least.
bool is_teredo_between_peers(ByteView packet) {
  constexpr std::uint32_t kTeredoPrefix = 0x20010000;
  const auto ip = packet.header<kIpv6Header>();
  return ip.u8<0>() >> 4 == 6 && kIpv6Header + ip.u16<4>() == packet.wire() &&
         (ip.u32<8>() == kTeredoPrefix || ip.u32<24>() == kTeredoPrefix);
}

Verdict decode_by_port(std::uint16_t source, std::uint16_t destination, ByteView payload,
                       Walk& walk) {
  switch (destination) {
    case kVxlan:
    case kVxlanLinux:
      return decode_vxlan(payload, false, walk);
    case kVxlanGpe:
      return decode_vxlan(payload, true, walk);
    case kGeneve:
      return decode_geneve(payload, walk);
    default:
      break;
  }
  if (destination == kGtpU || source == kGtpU) return decode_gtp_u(payload, walk);
  const bool to_server = destination == kTeredo || source == kTeredo;
  return to_server || is_teredo_between_peers(payload) ? decode_teredo(payload, walk)
                                                       : Verdict::NotTcp;
}

}  // namespace

Verdict decode_udp(ByteView datagram, Walk& walk) {
  constexpr std::uint32_t kHeader = 8;
  const auto udp = datagram.header<kHeader>();
  if (!udp) return Verdict::NotTcp;
  const std::uint16_t length = udp.u16<4>();
  if (length >= kHeader && length <= datagram.wire()) datagram = datagram.resized(length);
  const Verdict verdict = decode_by_port(udp.u16<0>(), udp.u16<2>(), datagram.skip(kHeader), walk);
  return verdict == Verdict::Malformed ? Verdict::NotTcp : verdict;
}

}  // namespace synfin
