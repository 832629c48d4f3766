/// \file
/// GRE header → what it carries.
/// Tested in tests/unit/decode/tunnel_test.cc.
#include "decode/gre.h"

#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {
namespace {

enum GreFlag : std::uint16_t {
  kVersion = 0x0007,
  kAcknowledgment = 0x0080,  ///< version 1 only
  kSequence = 0x1000,
  kKey = 0x2000,
  kRouting = 0x4000,
  kChecksum = 0x8000,
};

/// Takes RFC 1701's list of source routes off the front; false where it does not end.
bool pass_routes(ByteView& rest) {
  constexpr int kMaxRoutes = 16;
  for (int i = 0; i < kMaxRoutes; ++i) {
    const auto entry = rest.header<4>();  // address family, offset, length
    if (!entry) return false;
    rest = rest.skip(4u + entry.u8<3>());
    if (entry.u16<0>() == 0 && entry.u8<3>() == 0) return true;
  }
  return false;
}

/// Types II and III have a header, which a mirror session may have marked as cut.
Verdict decode_erspan(std::uint32_t header_size, ByteView packet, Walk& walk) {
  constexpr std::uint32_t kMinHeader = 8;
  constexpr std::uint16_t kSession = 0x03FF, kTruncated = 0x0400;
  const auto erspan = packet.header<kMinHeader>();
  if (!erspan) return walk.too_short(packet, kMinHeader);
  const std::uint16_t flags = erspan.u16<2>();
  if ((flags & kTruncated) != 0) walk.cut = true;
  walk.enter_tunnel(TunnelKind::Erspan, flags & kSession);
  return decode_inner_ethernet(packet.skip(header_size), walk);
}

Verdict decode_erspan3(ByteView packet, Walk& walk) {
  constexpr std::uint32_t kHeader = 12, kPlatformHeader = 8;
  const auto erspan = packet.header<kHeader>();
  if (!erspan) return walk.too_short(packet, kHeader);
  const bool platform = (erspan.u8<11>() & 1) != 0;
  return decode_erspan(kHeader + (platform ? kPlatformHeader : 0), packet, walk);
}

/// Version 1 carries PPP, or only an acknowledgement.
Verdict decode_pptp(std::uint16_t flags, ByteView packet, Walk& walk) {
  const auto pptp = packet.header<8>();
  if (!pptp) return walk.too_short(packet, 8);
  if (pptp.u16<2>() != kEtherPpp || (flags & kKey) == 0 || (flags & kSequence) == 0)
    return Verdict::NotTcp;
  walk.enter_tunnel(TunnelKind::Gre, pptp.u16<6>());  // the call
  return decode_ppp(packet.skip((flags & kAcknowledgment) != 0 ? 16 : 12), walk);
}

/// A cache's redirects (WCCP): IPv4, in its second version behind a header of four bytes.
Verdict decode_wccp(ByteView packet, Walk& walk) {
  const bool bare = packet.header<1>().u8<0>() >> 4 == 4;
  return decode_ipv4(bare ? packet : packet.skip(4), walk);
}

}  // namespace

Verdict decode_gre(ByteView packet, Walk& walk) {
  const auto gre = packet.header<4>();
  if (!gre) return walk.too_short(packet, 4);
  const std::uint16_t flags = gre.u16<0>(), type = gre.u16<2>();
  if ((flags & kVersion) == 1) return decode_pptp(flags, packet, walk);
  if ((flags & kVersion) != 0 || type <= kMaxLength) return Verdict::NotTcp;

  ByteView rest = packet.skip((flags & (kChecksum | kRouting)) != 0 ? 8 : 4);
  std::uint32_t key = 0;
  if ((flags & kKey) != 0) {
    key = rest.header<4>().u32<0>();
    rest = rest.skip(4);
  }
  if ((flags & kSequence) != 0) rest = rest.skip(4);
  if ((flags & kRouting) != 0 && !pass_routes(rest)) return Verdict::NotTcp;

  walk.enter_tunnel(TunnelKind::Gre, key);
  if (type == kEtherErspan3) return decode_erspan3(rest, walk);
  if (type == kEtherWccp) return decode_wccp(rest, walk);
  if (type != kEtherErspan) return decode_ether_type(type, rest, walk);
  if ((flags & kSequence) != 0) return decode_erspan(8, rest, walk);
  walk.enter_tunnel(TunnelKind::Erspan, 0);  // type I: no header, no session
  return decode_inner_ethernet(rest, walk);
}

}  // namespace synfin
