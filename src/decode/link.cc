/// \file
/// Everything a captured frame can begin with.
/// Tested in tests/unit/decode/link_test.cc.
#include "decode/link.h"

#include "decode/ip.h"

namespace synfin {
namespace {

/// BSDs write their own DLT_RAW as it is, where LINKTYPE_RAW was meant.
bool is_bsd_raw(LinkType link) {
  const auto number = static_cast<std::uint16_t>(link);
  return number == 12 || number == 14;
}

constexpr std::uint32_t kSnapHeader = 8;

void note_vlan(std::uint16_t tag, Walk& walk) {
  const std::uint16_t id = tag & 0xFFF;
  const bool outermost_link = walk.ip_headers == 0;
  if (outermost_link && id != 0) walk.out.encapsulation.vlan = id;  // 0 is a priority, no VLAN
}

/// LLC with SNAP (RFC 1042), or IP's own service access point (RFC 948). Sets `type` and `payload`
/// to go on with.
bool pass_llc(std::uint16_t& type, ByteView& payload) {
  constexpr std::uint32_t kEthernetOui = 0x000000, kBridgeTunnelOui = 0x0000F8;
  const auto llc = payload.header<3>();
  if (llc.u16<0>() == 0x0606 && llc.u8<2>() == 3) {
    type = kEtherIpv4;
    payload = payload.skip(3);
    return true;
  }
  const auto snap = payload.header<kSnapHeader>();
  const std::uint32_t oui = snap.u24<3>();
  if (snap.u16<0>() != 0xAAAA || snap.u8<2>() != 3) return false;
  if (oui != kEthernetOui && oui != kBridgeTunnelOui) return false;
  type = snap.u16<6>();
  payload = payload.skip(kSnapHeader);
  return type > kMaxLength;
}

/// An LLC frame that carries no IP, or is cut before it could say so.
Verdict without_ip(ByteView llc) {
  return llc.captured() < kSnapHeader && llc.wire() >= kSnapHeader ? Verdict::Truncated
                                                                   : Verdict::NotTcp;
}

Verdict decode_pppoe(ByteView frame, Walk& walk) {
  constexpr std::uint32_t kHeader = 6;
  const auto pppoe = frame.header<kHeader>();
  if (!pppoe) return walk.too_short(frame, kHeader);
  const bool session = pppoe.u8<0>() == 0x11 && pppoe.u8<1>() == 0;
  return session ? decode_ppp(frame.skip(kHeader), walk) : Verdict::NotTcp;
}

Verdict decode_cisco_hdlc(ByteView frame, Walk& walk) {
  const auto hdlc = frame.header<4>();
  if (!hdlc) return walk.too_short(frame, 4);
  return decode_ether_type(hdlc.u16<2>(), frame.skip(4), walk);
}

/// PPP in HDLC-like framing, or Cisco's framing, told apart by the address (RFC 1547 §4.3.1).
Verdict decode_ppp_serial(ByteView frame, Walk& walk) {
  const auto address = frame.header<1>();
  const bool cisco = address.u8<0>() == 0x0F || address.u8<0>() == 0x8F;
  return cisco ? decode_cisco_hdlc(frame, walk) : decode_ppp(frame, walk);
}

/// Frames of these hardware types (ARPHRD_) carry no Ethernet type where the cooked header has one.
bool carries_ether_type(std::uint16_t hardware) {
  constexpr std::uint16_t kFrameRelay = 770, kIeee80211 = 801, kPrism = 802, kRadiotap = 803,
                          kNetlink = 824;
  switch (hardware) {
    case kFrameRelay:
    case kIeee80211:
    case kPrism:
    case kRadiotap:
    case kNetlink:
      return false;
    default:
      return true;
  }
}

/// Of a packet with two tags, Linux (since 6.10) keeps the outer one beside a cooked frame, leaves
/// the inner one at its front, and names what follows that as the type.
ByteView pass_hidden_tag(std::uint16_t type, ByteView packet, Walk& walk) {
  const auto tag = packet.header<5>();
  const unsigned version = type == kEtherIpv4 ? 4 : type == kEtherIpv6 ? 6 : 0;
  if (!tag || version == 0 || tag.u8<0>() >> 4 == version || tag.u16<2>() != type ||
      tag.u8<4>() >> 4 != version) {
    return packet;
  }
  note_vlan(tag.u16<0>(), walk);
  return packet.skip(4);
}

Verdict decode_sll(ByteView frame, Walk& walk) {
  constexpr std::uint32_t kHeader = 16;
  const auto sll = frame.header<kHeader>();
  if (!sll) return walk.too_short(frame, kHeader);
  if (!carries_ether_type(sll.u16<2>())) return Verdict::NotTcp;
  const std::uint16_t type = sll.u16<14>();
  return decode_ether_type(type, pass_hidden_tag(type, frame.skip(kHeader), walk), walk);
}

Verdict decode_sll2(ByteView frame, Walk& walk) {
  constexpr std::uint32_t kHeader = 20;
  const auto sll = frame.header<kHeader>();
  if (!sll) return walk.too_short(frame, kHeader);
  walk.out.interface = static_cast<std::uint16_t>(sll.u32<4>());  // "any" captures many
  if (!carries_ether_type(sll.u16<8>())) return Verdict::NotTcp;
  const std::uint16_t type = sll.u16<0>();
  return decode_ether_type(type, pass_hidden_tag(type, frame.skip(kHeader), walk), walk);
}

/// BSD loopback: an address family, in the byte order of whoever captured (Null) or of the network
/// (Loop).
Verdict decode_loopback(ByteView frame, Walk& walk) {
  const auto header = frame.header<4>();
  if (!header) return walk.too_short(frame, 4);
  const std::uint32_t as_is = header.u32<0>();
  switch (as_is > 0xFFFF ? __builtin_bswap32(as_is) : as_is) {
    case 2:
      return decode_ipv4(frame.skip(4), walk);
    case 10:  // AF_INET6 on Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return decode_ipv6(frame.skip(4), walk);
    default:
      return Verdict::NotTcp;
  }
}

/// Apple's header in front of whatever link an interface has, in the byte order of the capturing
/// machine.
Verdict decode_pktap(ByteView frame, Walk& walk) {
  constexpr std::uint32_t kHeader = 12, kIsPacket = 1;
  const auto pktap = frame.header<kHeader>();
  if (!pktap) return walk.too_short(frame, kHeader);
  const bool swapped = pktap.u32<4>() != kIsPacket;
  const auto native = [swapped](std::uint32_t v) { return swapped ? __builtin_bswap32(v) : v; };
  const std::uint32_t size = native(pktap.u32<0>()), link = native(pktap.u32<8>());
  if (native(pktap.u32<4>()) != kIsPacket || !walk.enter_link()) return Verdict::NotTcp;
  if (size < kHeader || size > frame.wire()) return Verdict::Malformed;
  if (link > 0xFFFF) return Verdict::UnsupportedLink;
  return decode_link(static_cast<LinkType>(link), frame.skip(size), walk);
}

}  // namespace

Verdict decode_ether_type(std::uint16_t type, ByteView payload, Walk& walk) {
  while (walk.enter_link()) {
    switch (type) {
      case kEtherIpv4:
        return decode_ipv4(payload, walk);
      case kEtherIpv6:
        return decode_ipv6(payload, walk);
      case kEtherMpls:
      case kEtherMplsUpstream:
        return decode_mpls(payload, walk);
      case kEtherPppoe:
        return decode_pppoe(payload, walk);
      case kEtherPpp:
        return decode_ppp(payload, walk);
      case kEtherTransparentBridging:
        return decode_inner_ethernet(payload, walk);
      case kEtherProviderBackbone:  // four bytes of flags and service id, then a frame
        return decode_inner_ethernet(payload.skip(4), walk);
      case kEtherFabricPath:  // a tag of two bytes, then a frame
        return decode_inner_ethernet(payload.skip(2), walk);
      case kEtherVlan:
      case kEtherProviderVlan:
      case kEtherQinQ: {
        const auto tag = payload.header<4>();
        if (!tag) return walk.too_short(payload, 4);
        note_vlan(tag.u16<0>(), walk);
        type = tag.u16<2>();
        payload = payload.skip(4);
        break;
      }
      case kEtherVnTag: {
        const auto tag = payload.header<6>();
        if (!tag) return walk.too_short(payload, 6);
        type = tag.u16<4>();
        payload = payload.skip(6);
        break;
      }
      default:
        if (type > kMaxLength) return Verdict::NotTcp;
        if (!pass_llc(type, payload)) return without_ip(payload);
    }
  }
  return Verdict::NotTcp;
}

Verdict decode_ethernet(ByteView frame, Walk& walk) {
  const auto ethernet = frame.header<kEthernetHeader>();
  if (!ethernet) return walk.too_short(frame, kEthernetHeader);
  return decode_ether_type(ethernet.u16<12>(), frame.skip(kEthernetHeader), walk);
}

Verdict decode_inner_ethernet(ByteView frame, Walk& walk) {
  return walk.enter_link() ? decode_ethernet(frame, walk) : Verdict::NotTcp;
}

Verdict decode_ppp(ByteView frame, Walk& walk) {
  if (frame.header<2>().u16<0>() == 0xFF03) frame = frame.skip(2);  // address and control
  const auto compressed = frame.header<1>();
  const auto full = frame.header<2>();
  const bool one_byte = (compressed.u8<0>() & 1) != 0 && compressed.u8<0>() != 0xFF;
  if (!one_byte && !full) return walk.too_short(frame, 2);
  switch (one_byte ? compressed.u8<0>() : full.u16<0>()) {
    case 0x0021:
      return decode_ipv4(frame.skip(one_byte ? 1 : 2), walk);
    case 0x0057:
      return decode_ipv6(frame.skip(one_byte ? 1 : 2), walk);
    case 0x0281:
    case 0x0283:
      return decode_mpls(frame.skip(2), walk);
    default:
      return Verdict::NotTcp;
  }
}

Verdict decode_link(LinkType link, ByteView frame, Walk& walk) {
  switch (link) {
    case LinkType::Ethernet:
      return decode_ethernet(frame, walk);
    case LinkType::Null:
    case LinkType::Loop:
      return decode_loopback(frame, walk);
    case LinkType::Ppp:
      return decode_ppp(frame, walk);
    case LinkType::PppHdlc:
      return decode_ppp_serial(frame, walk);
    case LinkType::PppEther:
      return decode_pppoe(frame, walk);
    case LinkType::CiscoHdlc:
      return decode_cisco_hdlc(frame, walk);
    case LinkType::Raw:
      return decode_ip(frame, walk);
    case LinkType::Ipv4:
      return decode_ipv4(frame, walk);
    case LinkType::Ipv6:
      return decode_ipv6(frame, walk);
    case LinkType::Ieee80211:
      return decode_ieee80211(frame, false, walk);
    case LinkType::Radiotap:
      return decode_radiotap(frame, walk);
    case LinkType::LinuxSll:
      return decode_sll(frame, walk);
    case LinkType::LinuxSll2:
      return decode_sll2(frame, walk);
    case LinkType::Nflog:
      return decode_nflog(frame, walk);
    case LinkType::Pktap:
      return decode_pktap(frame, walk);
    default:
      return is_bsd_raw(link) ? decode_ip(frame, walk) : Verdict::UnsupportedLink;
  }
}

}  // namespace synfin
