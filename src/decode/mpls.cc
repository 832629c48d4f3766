/// \file
/// MPLS label stacks (RFC 3032) and what they carry, which no field tells.
/// Tested in tests/unit/decode/link_test.cc.
#include "synfin/decode/ip.h"
#include "synfin/decode/link.h"

namespace synfin {
namespace {

constexpr int kMaxLabels = 16;
constexpr std::uint32_t kLabel = 4;
constexpr std::uint32_t kBottomOfStack = 0x100;

/// A frame whose type this decoder can go on with.
bool looks_like_ethernet(ByteView frame) {
  const auto ethernet = frame.header<kEthernetHeader>();
  switch (ethernet.u16<12>()) {
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

/// A MAC address may begin with a 4 or a 6 as well: the length has to fit, too.
bool looks_like_ip(ByteView packet, const Walk& walk) {
  const auto ip = packet.header<kMinIpv4Header>();
  const int version = ip.u8<0>() >> 4;
  if (version == 6) return walk.cut || kIpv6Header + ip.u16<4>() <= packet.wire();
  return version == 4 && (ip.u8<0>() & 0xF) >= 5 && (walk.cut || ip.u16<2>() <= packet.wire());
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

  if (looks_like_ip(labels, walk)) return decode_ip(labels, walk);
  constexpr std::uint32_t kControlWord = 4;  // RFC 4385 §3: its first four bits are zero
  const bool may_be_control_word = labels.header<1>().u8<0>() >> 4 == 0;
  if (may_be_control_word && looks_like_ethernet(labels.skip(kControlWord))) {
    return decode_inner_ethernet(labels.skip(kControlWord), walk);
  }
  return looks_like_ethernet(labels) ? decode_inner_ethernet(labels, walk) : Verdict::NotTcp;
}

}  // namespace synfin
