// Headers that capture programs and devices add to a frame: Linux cooked, PKTAP, PPI, Juniper, ERF.
// See link.h.
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

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

/// `type` is that of an ERF record without the flag for extension headers (Endace ERF types 1 to
/// 23).
DecodeResult decode_erf_payload(unsigned type, ByteView payload, DecodeContext& context) {
  switch (type) {
    case 1:   // HDLC
    case 10:  // with color
    case 15:
    case 17:
    case 19:
      return decode_ppp_serial(payload, context);
    case 2:   // Ethernet, after an offset and a pad byte
    case 11:  // with color
    case 16:
    case 20:
      return decode_inner_ethernet(payload.skip(2), context);
    case 22:
      return decode_ipv4(payload, context);
    case 23:
      return decode_ipv6(payload, context);
    default:
      return DecodeResult::NotTcp;
  }
}

/// A packet without a link header, whose payload Juniper's protocol number names.
DecodeResult decode_juniper_protocol(unsigned protocol, ByteView payload, DecodeContext& context) {
  switch (protocol) {
    case 2:
      return decode_ipv4(payload, context);
    case 6:
      return decode_ipv6(payload, context);
    case 3:  // MPLS with IPv4, IPv6 or anything else
    case 5:
    case 7:
      return decode_mpls(payload, context);
    default:
      return DecodeResult::NotTcp;
  }
}

}  // namespace

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

/// The header is in the byte order of the capturing machine.
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

/// All fields are little-endian: version, flags, length of the header, link type of the frame.
DecodeResult decode_ppi(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 8;
  const auto ppi = frame.header<kHeader>();
  if (!ppi) return context.too_short(frame, kHeader);
  const std::uint32_t size = __builtin_bswap16(ppi.u16<2>());
  const std::uint32_t link = __builtin_bswap32(ppi.u32<4>());
  if (ppi.u8<0>() != 0 || !context.enter_link()) return DecodeResult::NotTcp;
  if (size < kHeader || size > frame.wire()) return DecodeResult::Malformed;
  if (link > 0xFFFF) return DecodeResult::UnsupportedLink;
  return decode_link(static_cast<LinkType>(link), frame.skip(size), context);
}

/// The magic number "MGC", flags, optional extensions, and a protocol number if the link header was
/// removed.
DecodeResult decode_juniper(LinkType link, ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kMagic = 0x4D4743;
  constexpr std::uint8_t kExtended = 0x80, kNoLinkHeader = 0x02;
  const auto juniper = frame.header<4>();
  if (!juniper) return context.too_short(frame, 4);
  if (juniper.u24<0>() != kMagic || !context.enter_link()) return DecodeResult::NotTcp;
  const std::uint8_t flags = juniper.u8<3>();
  ByteView rest = frame.skip(4);
  if ((flags & kExtended) != 0) {
    const auto extensions = rest.header<2>();
    if (!extensions) return context.too_short(rest, 2);
    rest = rest.skip(2u + extensions.u16<0>());
  }
  if ((flags & kNoLinkHeader) != 0) {
    const auto protocol = rest.header<4>();
    if (!protocol) return context.too_short(rest, 4);
    return decode_juniper_protocol(protocol.u8<0>(), rest.skip(4), context);
  }
  switch (link) {
    case LinkType::JuniperPpp:
      return decode_ppp(rest, context);
    case LinkType::JuniperFrameRelay:
      return decode_frame_relay(rest, context);
    case LinkType::JuniperCiscoHdlc:
      return decode_cisco_hdlc(rest, context);
    default:
      return decode_ethernet(rest, context);
  }
}

DecodeResult decode_erf(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 16, kExtension = 8;
  constexpr std::uint8_t kExtended = 0x80;
  constexpr int kMaxExtensions = 16;
  const auto erf = frame.header<kHeader>();
  if (!erf) return context.too_short(frame, kHeader);
  bool extended = (erf.u8<8>() & kExtended) != 0;
  ByteView rest = frame.skip(kHeader);
  for (int i = 0; i < kMaxExtensions && extended; ++i) {
    const auto extension = rest.header<kExtension>();
    if (!extension) return context.too_short(rest, kExtension);
    extended = (extension.u8<0>() & kExtended) != 0;
    rest = rest.skip(kExtension);
  }
  return extended ? DecodeResult::NotTcp : decode_erf_payload(erf.u8<8>() & 0x7Fu, rest, context);
}

}  // namespace synfin
