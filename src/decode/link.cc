// See link.h.
#include "decode/link.h"

#include "decode/ip.h"

namespace synfin {
namespace {

/// Some BSDs write their own DLT_RAW number instead of LINKTYPE_RAW.
bool is_bsd_raw(LinkType link) {
  const auto number = static_cast<std::uint16_t>(link);
  return number == 12 || number == 14;
}

constexpr std::uint32_t kSnapHeader = 8;

void record_vlan(std::uint16_t tag, DecodeContext& context) {
  const std::uint16_t id = tag & 0xFFF;
  const bool outermost_link = context.ip_headers == 0;
  if (outermost_link && id != 0)
    context.segment.encapsulation.vlan = id;  // id 0 is a priority tag without a VLAN
}

/// Skips LLC with SNAP (RFC 1042), or with IP's own service access point (RFC 948), and sets `type`
/// and `payload` to what follows. False if no EtherType follows.
bool skip_llc(std::uint16_t& type, ByteView& payload) {
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
  return type > kMaxFrameLength;
}

/// The result for an LLC frame without an EtherType: Truncated if the capture may have cut it off.
DecodeResult llc_result(ByteView llc) {
  return llc.captured() < kSnapHeader && llc.wire() >= kSnapHeader ? DecodeResult::Truncated
                                                                   : DecodeResult::NotTcp;
}

DecodeResult decode_pppoe(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 6;
  const auto pppoe = frame.header<kHeader>();
  if (!pppoe) return context.too_short(frame, kHeader);
  const bool session = pppoe.u8<0>() == 0x11 && pppoe.u8<1>() == 0;
  return session ? decode_ppp(frame.skip(kHeader), context) : DecodeResult::NotTcp;
}

DecodeResult decode_cisco_hdlc(ByteView frame, DecodeContext& context) {
  const auto hdlc = frame.header<4>();
  if (!hdlc) return context.too_short(frame, 4);
  return decode_ether_type(hdlc.u16<2>(), frame.skip(4), context);
}

/// PPP in HDLC-like framing or Cisco HDLC, distinguished by the address field (RFC 1547 §4.3.1).
DecodeResult decode_ppp_serial(ByteView frame, DecodeContext& context) {
  const auto address = frame.header<1>();
  const bool cisco = address.u8<0>() == 0x0F || address.u8<0>() == 0x8F;
  return cisco ? decode_cisco_hdlc(frame, context) : decode_ppp(frame, context);
}

/// False for the hardware types (ARPHRD_) for which the protocol field of a cooked header is not an
/// EtherType.
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

/// Skips a VLAN tag that the cooked header does not announce: of two tags, Linux (since 6.10)
/// removes the outer one, leaves the inner one in the packet and writes the type that follows it
/// into the header.
ByteView skip_hidden_tag(std::uint16_t type, ByteView packet, DecodeContext& context) {
  const auto tag = packet.header<5>();
  const unsigned version = type == kEtherIpv4 ? 4 : type == kEtherIpv6 ? 6 : 0;
  if (!tag || version == 0 || tag.u8<0>() >> 4 == version || tag.u16<2>() != type ||
      tag.u8<4>() >> 4 != version) {
    return packet;
  }
  record_vlan(tag.u16<0>(), context);
  return packet.skip(4);
}

DecodeResult decode_sll(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 16;
  const auto sll = frame.header<kHeader>();
  if (!sll) return context.too_short(frame, kHeader);
  if (!carries_ether_type(sll.u16<2>())) return DecodeResult::NotTcp;
  const std::uint16_t type = sll.u16<14>();
  return decode_ether_type(type, skip_hidden_tag(type, frame.skip(kHeader), context), context);
}

DecodeResult decode_sll2(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 20;
  const auto sll = frame.header<kHeader>();
  if (!sll) return context.too_short(frame, kHeader);
  context.segment.interface =
      static_cast<std::uint16_t>(sll.u32<4>());  // the pseudo-interface "any" captures on all
  if (!carries_ether_type(sll.u16<8>())) return DecodeResult::NotTcp;
  const std::uint16_t type = sll.u16<0>();
  return decode_ether_type(type, skip_hidden_tag(type, frame.skip(kHeader), context), context);
}

/// BSD loopback: an address family, in the byte order of the capturing machine (Null) or of the
/// network (Loop).
DecodeResult decode_loopback(ByteView frame, DecodeContext& context) {
  const auto header = frame.header<4>();
  if (!header) return context.too_short(frame, 4);
  const std::uint32_t as_is = header.u32<0>();
  switch (as_is > 0xFFFF ? __builtin_bswap32(as_is) : as_is) {
    case 2:
      return decode_ipv4(frame.skip(4), context);
    case 10:  // AF_INET6 on Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return decode_ipv6(frame.skip(4), context);
    default:
      return DecodeResult::NotTcp;
  }
}

/// Apple's PKTAP header, in the byte order of the capturing machine, before the interface's own
/// link header.
DecodeResult decode_pktap(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 12, kIsPacket = 1;
  const auto pktap = frame.header<kHeader>();
  if (!pktap) return context.too_short(frame, kHeader);
  const bool swapped = pktap.u32<4>() != kIsPacket;
  const auto native = [swapped](std::uint32_t v) { return swapped ? __builtin_bswap32(v) : v; };
  const std::uint32_t size = native(pktap.u32<0>()), link = native(pktap.u32<8>());
  if (native(pktap.u32<4>()) != kIsPacket || !context.enter_link()) return DecodeResult::NotTcp;
  if (size < kHeader || size > frame.wire()) return DecodeResult::Malformed;
  if (link > 0xFFFF) return DecodeResult::UnsupportedLink;
  return decode_link(static_cast<LinkType>(link), frame.skip(size), context);
}

}  // namespace

DecodeResult decode_ether_type(std::uint16_t type, ByteView payload, DecodeContext& context) {
  while (context.enter_link()) {
    switch (type) {
      case kEtherIpv4:
        return decode_ipv4(payload, context);
      case kEtherIpv6:
        return decode_ipv6(payload, context);
      case kEtherMpls:
      case kEtherMplsUpstream:
        return decode_mpls(payload, context);
      case kEtherPppoe:
        return decode_pppoe(payload, context);
      case kEtherPpp:
        return decode_ppp(payload, context);
      case kEtherTransparentBridging:
        return decode_inner_ethernet(payload, context);
      case kEtherProviderBackbone:  // four bytes of flags and service id, then a frame
        return decode_inner_ethernet(payload.skip(4), context);
      case kEtherFabricPath:  // a tag of two bytes, then a frame
        return decode_inner_ethernet(payload.skip(2), context);
      case kEtherVlan:
      case kEtherProviderVlan:
      case kEtherQinQ: {
        const auto tag = payload.header<4>();
        if (!tag) return context.too_short(payload, 4);
        record_vlan(tag.u16<0>(), context);
        type = tag.u16<2>();
        payload = payload.skip(4);
        break;
      }
      case kEtherVnTag: {
        const auto tag = payload.header<6>();
        if (!tag) return context.too_short(payload, 6);
        type = tag.u16<4>();
        payload = payload.skip(6);
        break;
      }
      default:
        if (type > kMaxFrameLength) return DecodeResult::NotTcp;
        if (!skip_llc(type, payload)) return llc_result(payload);
    }
  }
  return DecodeResult::NotTcp;
}

DecodeResult decode_ethernet(ByteView frame, DecodeContext& context) {
  const auto ethernet = frame.header<kEthernetHeader>();
  if (!ethernet) return context.too_short(frame, kEthernetHeader);
  return decode_ether_type(ethernet.u16<12>(), frame.skip(kEthernetHeader), context);
}

DecodeResult decode_inner_ethernet(ByteView frame, DecodeContext& context) {
  return context.enter_link() ? decode_ethernet(frame, context) : DecodeResult::NotTcp;
}

DecodeResult decode_ppp(ByteView frame, DecodeContext& context) {
  if (frame.header<2>().u16<0>() == 0xFF03) frame = frame.skip(2);  // address and control
  const auto compressed = frame.header<1>();
  const auto full = frame.header<2>();
  const bool one_byte = (compressed.u8<0>() & 1) != 0 && compressed.u8<0>() != 0xFF;
  if (!one_byte && !full) return context.too_short(frame, 2);
  switch (one_byte ? compressed.u8<0>() : full.u16<0>()) {
    case 0x0021:
      return decode_ipv4(frame.skip(one_byte ? 1 : 2), context);
    case 0x0057:
      return decode_ipv6(frame.skip(one_byte ? 1 : 2), context);
    case 0x0281:
    case 0x0283:
      return decode_mpls(frame.skip(2), context);
    default:
      return DecodeResult::NotTcp;
  }
}

DecodeResult decode_link(LinkType link, ByteView frame, DecodeContext& context) {
  switch (link) {
    case LinkType::Ethernet:
      return decode_ethernet(frame, context);
    case LinkType::Null:
    case LinkType::Loop:
      return decode_loopback(frame, context);
    case LinkType::Ppp:
      return decode_ppp(frame, context);
    case LinkType::PppHdlc:
      return decode_ppp_serial(frame, context);
    case LinkType::PppEther:
      return decode_pppoe(frame, context);
    case LinkType::CiscoHdlc:
      return decode_cisco_hdlc(frame, context);
    case LinkType::Raw:
      return decode_ip(frame, context);
    case LinkType::Ipv4:
      return decode_ipv4(frame, context);
    case LinkType::Ipv6:
      return decode_ipv6(frame, context);
    case LinkType::Ieee80211:
      return decode_ieee80211(frame, false, context);
    case LinkType::Radiotap:
      return decode_radiotap(frame, context);
    case LinkType::LinuxSll:
      return decode_sll(frame, context);
    case LinkType::LinuxSll2:
      return decode_sll2(frame, context);
    case LinkType::Nflog:
      return decode_nflog(frame, context);
    case LinkType::Pktap:
      return decode_pktap(frame, context);
    default:
      return is_bsd_raw(link) ? decode_ip(frame, context) : DecodeResult::UnsupportedLink;
  }
}

}  // namespace synfin
