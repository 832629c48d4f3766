// Ethernet, LLC, and the tags between the addresses and the EtherType of the payload. See link.h.
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

constexpr std::uint32_t kSnapHeader = 8;
constexpr std::uint32_t kAddresses = 12;

/// Skips LLC with SNAP (RFC 1042), with IP's own service access point (RFC 948) or with the NLPID
/// of IP (RFC 2684 §5.1), and sets `type` and `payload` to what follows. False if no EtherType
/// follows.
bool skip_llc(std::uint16_t& type, ByteView& payload) {
  constexpr std::uint32_t kEthernetOui = 0x000000, kBridgeTunnelOui = 0x0000F8, k8021Oui = 0x0080C2;
  constexpr std::uint16_t kIpSap = 0x0606, kSnapSap = 0xAAAA, kOsiSap = 0xFEFE;
  constexpr std::uint8_t kUnnumbered = 3, kNlpidIpv4 = 0xCC;
  const auto llc = payload.header<3>();
  if (llc.u8<2>() != kUnnumbered) return false;
  if (llc.u16<0>() == kIpSap) {
    type = kEtherIpv4;
    payload = payload.skip(3);
    return true;
  }
  if (llc.u16<0>() == kOsiSap && payload.header<4>().u8<3>() == kNlpidIpv4) {
    type = kEtherIpv4;
    payload = payload.skip(4);
    return true;
  }
  const auto snap = payload.header<kSnapHeader>();
  const std::uint32_t oui = snap.u24<3>();
  if (snap.u16<0>() != kSnapSap) return false;
  payload = payload.skip(kSnapHeader);
  type = snap.u16<6>();
  if (oui == k8021Oui) {  // bridged Ethernet (RFC 2684 §5.2), which ATM pads with two zeros
    const bool ethernet = type == 1 || type == 7;
    type = kEtherTransparentBridging;
    const auto pad = payload.header<2>();
    if (pad && pad.u16<0>() == 0) payload = payload.skip(2);
    return ethernet;
  }
  return (oui == kEthernetOui || oui == kBridgeTunnelOui) && type > kMaxFrameLength;
}

/// The result for an LLC frame without an EtherType: Truncated if the capture may have cut it off.
DecodeResult llc_result(ByteView llc) {
  return llc.captured() < kSnapHeader && llc.wire() >= kSnapHeader ? DecodeResult::Truncated
                                                                   : DecodeResult::NotTcp;
}

/// The number of bytes between the EtherType of a tag and the EtherType that follows it; 0 if
/// `type` is not that of a tag with a fixed size.
std::uint32_t tag_size(std::uint16_t type) {
  switch (type) {
    case kEtherVlan:
    case kEtherProviderVlan:
    case kEtherQinQ:
    case kEtherQinQ2:
      return 2;
    case kEtherVnTag:
    case kEtherHsr:
    case kEtherBroadcomTag:
      return 4;
    case kEtherETag:
    case kEtherCiscoMetadata:
    case kEtherCiscoTTag:
    case kEtherMarvellTag:
      return 6;
    default:
      return 0;
  }
}

/// The size of a tag whose own fields determine it; 0 if it is encrypted or unknown.
std::uint32_t variable_tag_size(std::uint16_t type, ByteView tag) {
  const std::uint8_t first = tag.header<1>().u8<0>();
  if (type == kEtherMacsec) {  // IEEE 802.1AE §9.3
    constexpr std::uint8_t kSecureChannel = 0x20, kEncryptedOrChanged = 0x0C;
    if ((first & kEncryptedOrChanged) != 0) return 0;
    return (first & kSecureChannel) != 0 ? 14 : 6;
  }
  constexpr std::uint8_t kRealtek4 = 0xA0, kRealtek8 = 0x04;
  if (first == kRealtek8) return 6;
  return (first & 0xF0) == kRealtek4 ? 2 : 0;
}

/// RFC 6325 §3: a header with options, then an Ethernet frame.
DecodeResult decode_trill(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 6;
  const auto trill = frame.header<kHeader>();
  if (!trill) return context.too_short(frame, kHeader);
  const std::uint32_t option_words = trill.u16<0>() >> 6 & 0x1F;
  return decode_inner_ethernet(frame.skip(kHeader + 4 * option_words), context);
}

/// Decodes the payload of a type that no tag precedes.
DecodeResult decode_final_type(std::uint16_t type, ByteView payload, DecodeContext& context) {
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
    case kEtherRawFrameRelay:
      return decode_frame_relay(payload, context);
    case kEtherNsh:
      return decode_nsh(payload, context);
    case kEtherTrill:
      return decode_trill(payload, context);
    case kEtherTransparentBridging:
      return decode_inner_ethernet(payload, context);
    case kEtherProviderBackbone:  // four bytes of flags and service id, then a frame
      return decode_inner_ethernet(payload.skip(4), context);
    case kEtherFabricPath:  // a tag of two bytes, then a frame
      return decode_inner_ethernet(payload.skip(2), context);
    default:
      return DecodeResult::NotTcp;
  }
}

/// True for Cisco's ISL, a header of 26 bytes before an Ethernet frame.
bool is_isl(Header<kEthernetHeader> ethernet) {
  constexpr std::uint32_t kIsl = 0x01000C00, kIsl2 = 0x03000C00;
  const std::uint32_t group = ethernet.u32<0>();
  return (group == kIsl || group == kIsl2) && ethernet.u8<4>() == 0 &&
         ethernet.u16<12>() <= kMaxFrameLength + 100;
}

}  // namespace

void record_vlan(std::uint16_t tag, DecodeContext& context) {
  const std::uint16_t id = tag & 0xFFF;
  const bool outermost_link = context.ip_headers == 0;
  if (!outermost_link || id == 0) return;  // id 0 is a priority tag without a VLAN
  Encapsulation& encapsulation = context.segment.encapsulation;
  encapsulation.outer_vlan = encapsulation.vlan;
  encapsulation.vlan = id & 0xFFFu;
}

DecodeResult decode_ether_type(std::uint16_t type, ByteView payload, DecodeContext& context) {
  while (context.enter_link()) {
    if (type <= kMaxFrameLength) {
      if (!skip_llc(type, payload)) return llc_result(payload);
      continue;
    }
    std::uint32_t size = tag_size(type);
    if (type == kEtherMacsec || type == kEtherRealtekTag) {
      if (!payload.header<1>()) return context.too_short(payload, 1);
      size = variable_tag_size(type, payload);
    }
    if (size == 0) return decode_final_type(type, payload, context);
    const auto next = payload.skip(size).header<2>();
    if (!next) return context.too_short(payload, size + 2);
    if (size == 2 && type != kEtherRealtekTag) record_vlan(payload.header<2>().u16<0>(), context);
    type = next.u16<0>();
    payload = payload.skip(size + 2);
  }
  return DecodeResult::NotTcp;
}

DecodeResult decode_llc(ByteView frame, DecodeContext& context) {
  return decode_ether_type(0, frame, context);
}

DecodeResult decode_ethernet(ByteView frame, DecodeContext& context) {
  const auto ethernet = frame.header<kEthernetHeader>();
  if (!ethernet) return context.too_short(frame, kEthernetHeader);
  if (is_isl(ethernet)) {
    constexpr std::uint32_t kIslHeader = 26;
    return decode_inner_ethernet(frame.skip(kIslHeader), context);
  }
  return decode_ether_type(ethernet.u16<12>(), frame.skip(kEthernetHeader), context);
}

DecodeResult decode_inner_ethernet(ByteView frame, DecodeContext& context) {
  return context.enter_link() ? decode_ethernet(frame, context) : DecodeResult::NotTcp;
}

DecodeResult decode_tagged_ethernet(ByteView frame, std::uint32_t size, DecodeContext& context) {
  const ByteView rest = frame.skip(kAddresses + size);
  const auto type = rest.header<2>();
  if (!type) return context.too_short(frame, kAddresses + size + 2);
  return decode_ether_type(type.u16<0>(), rest.skip(2), context);
}

}  // namespace synfin
