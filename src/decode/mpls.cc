// MPLS label stacks (RFC 3032). No field names their payload, so guess_payload() infers it.
#include "decode/checksum.h"
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

constexpr int kMaxLabels = 16;
constexpr std::uint32_t kLabel = 4;
constexpr std::uint32_t kBottomOfStack = 0x100;

/// True if version and length are those of an IP header. Frames that a mirror port cut fail this
/// test, but not those of is_certainly_ipv4() and is_certainly_ethernet().
bool resembles_ip(ByteView packet, const DecodeContext& context) {
  const auto ip = packet.header<kMinIpv4Header>();
  const int version = ip.u8<0>() >> 4;
  if (version == 6) return context.cut_short || kIpv6Header + ip.u16<4>() <= packet.wire();
  return version == 4 && (ip.u8<0>() & 0xF) >= 5 &&
         (context.cut_short || ip.u16<2>() <= packet.wire());
}

/// True if the checksum is right: a MAC address may resemble an IP header, but rarely does so with
/// a correct checksum.
bool is_certainly_ipv4(ByteView packet) {
  const std::uint8_t first = packet.header<1>().u8<0>();
  return first >> 4 == 4 && (first & 0xF) >= 5 && ipv4_checksum_fits(packet, (first & 0xF) * 4u);
}

/// True if the frame's type and content agree.
bool is_certainly_ethernet(ByteView frame) {
  const std::uint16_t type = frame.header<kEthernetHeader>().u16<12>();
  const ByteView packet = frame.skip(kEthernetHeader);
  const int version = packet.header<1>().u8<0>() >> 4;
  return (type == kEtherIpv4 && version == 4) || (type == kEtherIpv6 && version == 6);
}

/// True if the frame's type is one that this decoder knows.
bool resembles_ethernet(ByteView frame) {
  switch (frame.header<kEthernetHeader>().u16<12>()) {
    case kEtherIpv4:
    case kEtherIpv6:
    case kEtherVlan:
    case kEtherProviderVlan:
    case kEtherQinQ:
    case kEtherMpls:
    case kEtherPppoe:
      return true;
    default:
      return false;
  }
}

/// Tries the most reliable tests first.
DecodeResult guess_payload(ByteView payload, DecodeContext& context) {
  constexpr std::uint32_t kControlWord = 4;  // RFC 4385 §3: its first four bits are zero
  if (is_certainly_ipv4(payload)) return decode_ipv4(payload, context);
  if (is_certainly_ethernet(payload)) return decode_inner_ethernet(payload, context);
  if (resembles_ip(payload, context)) return decode_ip(payload, context);
  const ByteView behind_word = payload.skip(kControlWord);
  const bool may_be_word = payload.header<1>().u8<0>() >> 4 == 0;
  if (may_be_word && resembles_ethernet(behind_word)) {
    return decode_inner_ethernet(behind_word, context);
  }
  if (resembles_ethernet(payload)) return decode_inner_ethernet(payload, context);
  const bool cut_ipv6 = payload.header<1>().u8<0>() >> 4 == 6;  // longer than the wire length
  return cut_ipv6 ? decode_ipv6(payload, context) : DecodeResult::NotTcp;
}

}  // namespace

DecodeResult decode_mpls(ByteView labels, DecodeContext& context) {
  bool bottom = false;
  for (int i = 0; i < kMaxLabels && !bottom; ++i) {
    const auto label = labels.header<kLabel>();
    if (!label) return context.too_short(labels, kLabel);
    bottom = (label.u32<0>() & kBottomOfStack) != 0;
    labels = labels.skip(kLabel);
  }
  if (!bottom) return DecodeResult::NotTcp;
  if (!labels.header<kMinIpv4Header>()) return context.too_short(labels, kMinIpv4Header);
  return guess_payload(labels, context);
}

}  // namespace synfin
