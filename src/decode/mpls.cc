/// \file
/// MPLS label stacks (RFC 3032) and what they carry, which no field tells.
/// Tested in tests/unit/decode/link_test.cc.
#include "decode/checksum.h"
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

constexpr int kMaxLabels = 16;
constexpr std::uint32_t kLabel = 4;
constexpr std::uint32_t kBottomOfStack = 0x100;

/// Version and length of an IP header.
bool looks_like_ip(ByteView packet, const Walk& walk) {
  const auto ip = packet.header<kMinIpv4Header>();
  const int version = ip.u8<0>() >> 4;
  if (version == 6) return walk.cut || kIpv6Header + ip.u16<4>() <= packet.wire();
  return version == 4 && (ip.u8<0>() & 0xF) >= 5 && (walk.cut || ip.u16<2>() <= packet.wire());
}

/// A MAC address may begin like an IP header, but hardly with the right checksum.
bool is_surely_ipv4(ByteView packet, const Walk& walk) {
  const std::uint8_t first = packet.header<1>().u8<0>();
  return first >> 4 == 4 && looks_like_ip(packet, walk) &&
         ipv4_checksum_fits(packet, (first & 0xF) * 4u);
}

/// A frame whose type and content agree.
bool is_surely_ethernet(ByteView frame, const Walk& walk) {
  const std::uint16_t type = frame.header<kEthernetHeader>().u16<12>();
  const ByteView packet = frame.skip(kEthernetHeader);
  const int version = packet.header<1>().u8<0>() >> 4;
  const bool agree = (type == kEtherIpv4 && version == 4) || (type == kEtherIpv6 && version == 6);
  return agree && looks_like_ip(packet, walk);
}

/// A frame whose type this decoder can go on with.
bool looks_like_ethernet(ByteView frame) {
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

/// From the surest guess to the weakest.
Verdict guess_payload(ByteView payload, Walk& walk) {
  constexpr std::uint32_t kControlWord = 4;  // RFC 4385 §3: its first four bits are zero
  if (is_surely_ipv4(payload, walk)) return decode_ipv4(payload, walk);
  if (is_surely_ethernet(payload, walk)) return decode_inner_ethernet(payload, walk);
  if (looks_like_ip(payload, walk)) return decode_ip(payload, walk);
  const ByteView behind_word = payload.skip(kControlWord);
  const bool may_be_word = payload.header<1>().u8<0>() >> 4 == 0;
  if (may_be_word && looks_like_ethernet(behind_word)) {
    return decode_inner_ethernet(behind_word, walk);
  }
  return looks_like_ethernet(payload) ? decode_inner_ethernet(payload, walk) : Verdict::NotTcp;
}

}  // namespace

Verdict decode_mpls(ByteView labels, Walk& walk) {
  bool bottom = false;
  for (int i = 0; i < kMaxLabels && !bottom; ++i) {
    const auto label = labels.header<kLabel>();
    if (!label) return walk.too_short(labels, kLabel);
    bottom = (label.u32<0>() & kBottomOfStack) != 0;
    labels = labels.skip(kLabel);
  }
  if (!bottom) return Verdict::NotTcp;
  if (!labels.header<kMinIpv4Header>()) return walk.too_short(labels, kMinIpv4Header);
  return guess_payload(labels, walk);
}

}  // namespace synfin
