// PPP, PPPoE, Cisco HDLC and frame relay. See link.h.
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

/// RFC 1990 §3, with the long sequence number. Only a first fragment contains headers.
DecodeResult decode_multilink(ByteView frame, DecodeContext& context) {
  constexpr std::uint8_t kBegin = 0x80, kEnd = 0x40;
  const auto multilink = frame.header<4>();
  if (!multilink) return context.too_short(frame, 4);
  if ((multilink.u8<0>() & kBegin) == 0) return DecodeResult::NotTcp;
  if ((multilink.u8<0>() & kEnd) == 0) context.cut_short = true;
  return context.enter_link() ? decode_ppp(frame.skip(4), context) : DecodeResult::NotTcp;
}

/// RFC 3518 §4.2: a bridged frame, of which only Ethernet without a LAN id is supported.
DecodeResult decode_bridged(ByteView frame, DecodeContext& context) {
  constexpr std::uint8_t kLanId = 0x40, kEthernetMac = 1;
  const auto bridged = frame.header<2>();
  if (!bridged) return context.too_short(frame, 2);
  const bool ethernet = bridged.u8<1>() == kEthernetMac && (bridged.u8<0>() & kLanId) == 0;
  return ethernet ? decode_inner_ethernet(frame.skip(2), context) : DecodeResult::NotTcp;
}

/// The frame relay header with an NLPID (RFC 2427 §4).
DecodeResult decode_nlpid(ByteView frame, DecodeContext& context) {
  constexpr std::uint8_t kSnap = 0x80, kIpv6 = 0x8E, kIpv4 = 0xCC, kPpp = 0xCF;
  if (const auto pad = frame.header<1>(); pad && pad.u8<0>() == 0) frame = frame.skip(1);
  const auto nlpid = frame.header<1>();
  if (!nlpid) return context.too_short(frame, 1);
  const ByteView rest = frame.skip(1);
  switch (nlpid.u8<0>()) {
    case kIpv4:
      return decode_ipv4(rest, context);
    case kIpv6:
      return decode_ipv6(rest, context);
    case kPpp:
      return decode_ppp(rest, context);
    case kSnap: {
      constexpr std::uint32_t k8021Oui = 0x0080C2;
      const auto snap = rest.header<5>();
      if (!snap) return context.too_short(rest, 5);
      const std::uint32_t oui = snap.u32<0>() >> 8;
      const std::uint16_t type = snap.u16<3>();
      if (oui == 0) return decode_ether_type(type, rest.skip(5), context);
      const bool ethernet = oui == k8021Oui && (type == 1 || type == 7);
      return ethernet ? decode_inner_ethernet(rest.skip(5), context) : DecodeResult::NotTcp;
    }
    default:
      return DecodeResult::NotTcp;
  }
}

}  // namespace

DecodeResult decode_ppp(ByteView frame, DecodeContext& context) {
  if (frame.header<2>().u16<0>() == 0xFF03) frame = frame.skip(2);  // address and control
  const auto compressed = frame.header<1>();
  const auto full = frame.header<2>();
  const bool one_byte = (compressed.u8<0>() & 1) != 0 && compressed.u8<0>() != 0xFF;
  if (!one_byte && !full) return context.too_short(frame, 2);
  const ByteView payload = frame.skip(one_byte ? 1 : 2);
  switch (one_byte ? compressed.u8<0>() : full.u16<0>()) {
    case 0x0021:
      return decode_ipv4(payload, context);
    case 0x0057:
      return decode_ipv6(payload, context);
    case 0x0031:
      return decode_bridged(payload, context);
    case 0x003D:
      return decode_multilink(payload, context);
    case 0x0281:
    case 0x0283:
      return decode_mpls(payload, context);
    default:
      return DecodeResult::NotTcp;
  }
}

DecodeResult decode_ppp_serial(ByteView frame, DecodeContext& context) {
  const auto address = frame.header<1>();
  const bool cisco = address.u8<0>() == 0x0F || address.u8<0>() == 0x8F;
  return cisco ? decode_cisco_hdlc(frame, context) : decode_ppp(frame, context);
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

/// An unnumbered control field precedes an NLPID. Otherwise Cisco's encapsulation follows, with an
/// EtherType.
DecodeResult decode_frame_relay(ByteView frame, DecodeContext& context) {
  constexpr int kMaxAddress = 4;
  constexpr std::uint8_t kLastAddressByte = 0x01, kUnnumbered = 0x03;
  bool complete = false;
  for (int i = 0; i < kMaxAddress && !complete; ++i) {
    const auto byte = frame.header<1>();
    if (!byte) return context.too_short(frame, 1);
    complete = (byte.u8<0>() & kLastAddressByte) != 0;
    frame = frame.skip(1);
  }
  if (!complete) return DecodeResult::NotTcp;
  const auto control = frame.header<1>();
  if (!control) return context.too_short(frame, 1);
  if (control.u8<0>() == kUnnumbered) return decode_nlpid(frame.skip(1), context);
  const auto type = frame.header<2>();
  if (!type) return context.too_short(frame, 2);
  return type.u16<0>() > kMaxFrameLength ? decode_ether_type(type.u16<0>(), frame.skip(2), context)
                                         : DecodeResult::NotTcp;
}

}  // namespace synfin
