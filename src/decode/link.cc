// The link types of captures whose header is short, and the choice of the decoder. See link.h.
#include "decode/link.h"

#include "decode/ip.h"

namespace synfin {
namespace {

/// Some BSDs write their own DLT_RAW number instead of LINKTYPE_RAW.
bool is_bsd_raw(LinkType link) {
  const auto number = static_cast<std::uint16_t>(link);
  return number == 12 || number == 14;
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

/// A header of `size` bytes that names nothing, before an IP packet.
DecodeResult decode_ip_after(std::uint32_t size, ByteView frame, DecodeContext& context) {
  if (!frame.skip(size).header<1>()) return context.too_short(frame, size + 1);
  return decode_ip(frame.skip(size), context);
}

/// A header of `size` bytes that names nothing, before an Ethernet frame.
DecodeResult decode_ethernet_after(std::uint32_t size, ByteView frame, DecodeContext& context) {
  if (!frame.skip(size).header<1>()) return context.too_short(frame, size + 1);
  return decode_ethernet(frame.skip(size), context);
}

/// RFC 1390: frame control, two addresses, LLC.
DecodeResult decode_fddi(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 13;
  const auto fddi = frame.header<kHeader>();
  if (!fddi) return context.too_short(frame, kHeader);
  const bool llc = (fddi.u8<0>() & 0xF0) == 0x50;
  return llc ? decode_llc(frame.skip(kHeader), context) : DecodeResult::NotTcp;
}

/// IEEE 802.5: access and frame control, two addresses, perhaps a route, LLC.
DecodeResult decode_token_ring(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 14;
  constexpr std::uint8_t kFrameType = 0xC0, kLlcFrame = 0x40, kHasRoute = 0x80, kRouteLength = 0x1F;
  const auto ring = frame.header<kHeader>();
  if (!ring) return context.too_short(frame, kHeader);
  if ((ring.u8<1>() & kFrameType) != kLlcFrame) return DecodeResult::NotTcp;
  ByteView rest = frame.skip(kHeader);
  if ((ring.u8<8>() & kHasRoute) != 0) {
    const auto route = rest.header<1>();
    if (!route) return context.too_short(rest, 1);
    rest = rest.skip(route.u8<0>() & kRouteLength);
  }
  return decode_llc(rest, context);
}

/// RFC 2684: LLC encapsulation, or IP without any header.
DecodeResult decode_atm(ByteView frame, DecodeContext& context) {
  const auto first = frame.header<1>();
  if (!first) return context.too_short(frame, 1);
  const std::uint8_t sap = first.u8<0>();
  const bool llc = sap == 0xAA || sap == 0xFE || sap == 0x06;
  return llc ? decode_llc(frame, context) : decode_ip(frame, context);
}

/// OpenBSD's packet filter log: the header's length and the address family come first.
DecodeResult decode_pflog(ByteView frame, DecodeContext& context) {
  const auto header = frame.header<2>();
  if (!header) return context.too_short(frame, 2);
  const std::uint32_t size = (header.u8<0>() + 3u) & ~3u;
  return size < 4 ? DecodeResult::NotTcp : decode_ip_after(size, frame, context);
}

/// RFC 4391, after the global routing header of 40 bytes that captures contain, or after none.
DecodeResult decode_infiniband(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kRoutingHeader = 40;
  const auto bare = frame.header<5>();
  const bool has_type = bare && bare.u16<2>() == 0 &&
                        ((bare.u16<0>() == kEtherIpv4 && bare.u8<4>() >> 4 == 4) ||
                         (bare.u16<0>() == kEtherIpv6 && bare.u8<4>() >> 4 == 6));
  const ByteView rest = has_type ? frame : frame.skip(kRoutingHeader);
  const auto header = rest.header<4>();
  if (!header) return context.too_short(frame, kRoutingHeader + 4);
  return decode_ether_type(header.u16<0>(), rest.skip(4), context);
}

DecodeResult decode_apple_ieee1394(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 18;  // two EUI-64 and an EtherType
  const auto header = frame.header<kHeader>();
  if (!header) return context.too_short(frame, kHeader);
  return decode_ether_type(header.u16<16>(), frame.skip(kHeader), context);
}

/// A DOCSIS packet PDU: frame control, a parameter, the length, perhaps an extended header.
DecodeResult decode_docsis(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 6;
  constexpr std::uint8_t kType = 0xC0, kExtended = 0x01;
  const auto docsis = frame.header<kHeader>();
  if (!docsis) return context.too_short(frame, kHeader);
  if ((docsis.u8<0>() & kType) != 0) return DecodeResult::NotTcp;
  const std::uint32_t extension = (docsis.u8<0>() & kExtended) != 0 ? docsis.u8<1>() : 0;
  return decode_ethernet_after(kHeader + extension, frame, context);
}

/// pppd writes the direction in place of the HDLC address.
DecodeResult decode_pppd(ByteView frame, DecodeContext& context) {
  const auto header = frame.header<2>();
  if (!header) return context.too_short(frame, 2);
  return decode_ppp(frame.skip(header.u8<1>() == 0x03 ? 2 : 1), context);
}

/// Link types that begin with Ethernet or carry an Ethernet frame.
DecodeResult decode_ethernet_link(LinkType link, ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kPreamble = 8;
  switch (link) {
    case LinkType::Docsis:
      return decode_docsis(frame, context);
    case LinkType::Netanalyzer:
      return decode_ethernet_after(4, frame, context);
    case LinkType::NetanalyzerTransparent:
      return decode_ethernet_after(4 + kPreamble, frame, context);
    case LinkType::EthernetMpacket:
      return decode_ethernet_after(kPreamble, frame, context);
    case LinkType::BroadcomTag:
    case LinkType::MarvellDsa:
      return decode_tagged_ethernet(frame, 4, context);
    case LinkType::MarvellEdsa:
      return decode_tagged_ethernet(frame, 8, context);
    case LinkType::BroadcomPrependedTag:
      return decode_ethernet_after(4, frame, context);
    case LinkType::JuniperPppoe:
    case LinkType::JuniperEthernet:
      return decode_juniper(link, frame, context);
    default:
      return DecodeResult::UnsupportedLink;
  }
}

/// Serial lines. The types with a direction have one byte for it in front.
DecodeResult decode_serial_link(LinkType link, ByteView frame, DecodeContext& context) {
  switch (link) {
    case LinkType::Ppp:
    case LinkType::PppHdlc:
      return decode_ppp_serial(frame, context);
    case LinkType::PppEther:
      return decode_pppoe(frame, context);
    case LinkType::CiscoHdlc:
      return decode_cisco_hdlc(frame, context);
    case LinkType::FrameRelay:
      return decode_frame_relay(frame, context);
    case LinkType::PppPppd:
      return decode_pppd(frame, context);
    case LinkType::PppWithDirection:
      return decode_ppp_serial(frame.skip(1), context);
    case LinkType::CiscoHdlcWithDirection:
      return decode_cisco_hdlc(frame.skip(1), context);
    case LinkType::FrameRelayWithDirection:
      return decode_frame_relay(frame.skip(1), context);
    case LinkType::JuniperPpp:
    case LinkType::JuniperFrameRelay:
    case LinkType::JuniperCiscoHdlc:
      return decode_juniper(link, frame, context);
    case LinkType::Slip:  // direction, and room for a compressed header
      return decode_ip_after(16, frame, context);
    case LinkType::SlipBsdos:
      return decode_ip_after(24, frame, context);
    default:
      return decode_ethernet_link(link, frame, context);
  }
}

/// Local networks other than Ethernet, ATM, and packet filters.
DecodeResult decode_other_link(LinkType link, ByteView frame, DecodeContext& context) {
  switch (link) {
    case LinkType::TokenRing:
      return decode_token_ring(frame, context);
    case LinkType::Fddi:
      return decode_fddi(frame, context);
    case LinkType::IpOverFc:  // RFC 2625 §3: a network header, then LLC
      return decode_llc(frame.skip(16), context);
    case LinkType::AtmRfc1483:
      return decode_atm(frame, context);
    case LinkType::SunAtm:
      return decode_atm(frame.skip(4), context);
    case LinkType::IpOverInfiniband:
      return decode_infiniband(frame, context);
    case LinkType::AppleIeee1394:
      return decode_apple_ieee1394(frame, context);
    case LinkType::Enc:
      return decode_ip_after(12, frame, context);
    case LinkType::Pflog:
      return decode_pflog(frame, context);
    case LinkType::Ipnet:
      return decode_ip_after(24, frame, context);
    case LinkType::Mpls:
      return decode_mpls(frame, context);
    case LinkType::Ppi:
      return decode_ppi(frame, context);
    case LinkType::Erf:
      return decode_erf(frame, context);
    default:
      return decode_serial_link(link, frame, context);
  }
}

}  // namespace

DecodeResult decode_link(LinkType link, ByteView frame, DecodeContext& context) {
  switch (link) {
    case LinkType::Ethernet:
      return decode_ethernet(frame, context);
    case LinkType::Null:
    case LinkType::Loop:
      return decode_loopback(frame, context);
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
    case LinkType::Prism:
    case LinkType::Avs:
      return decode_prism(frame, context);
    case LinkType::LinuxSll:
      return decode_sll(frame, context);
    case LinkType::LinuxSll2:
      return decode_sll2(frame, context);
    case LinkType::Nflog:
      return decode_nflog(frame, context);
    case LinkType::Pktap:
      return decode_pktap(frame, context);
    default:
      return is_bsd_raw(link) ? decode_ip(frame, context) : decode_other_link(link, frame, context);
  }
}

}  // namespace synfin
