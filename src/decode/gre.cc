// See gre.h.
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

/// Skips RFC 1701's list of source routes; false if the list does not end.
bool skip_routes(ByteView& rest) {
  constexpr int kMaxRoutes = 16;
  for (int i = 0; i < kMaxRoutes; ++i) {
    const auto entry = rest.header<4>();  // address family, offset, length
    if (!entry) return false;
    rest = rest.skip(4u + entry.u8<3>());
    if (entry.u16<0>() == 0 && entry.u8<3>() == 0) return true;
  }
  return false;
}

/// ERSPAN types II and III, whose header may mark the mirrored frame as truncated.
DecodeResult decode_erspan(std::uint32_t header_size, ByteView packet, DecodeContext& context) {
  constexpr std::uint32_t kMinHeader = 8;
  constexpr std::uint16_t kSession = 0x03FF, kTruncated = 0x0400;
  const auto erspan = packet.header<kMinHeader>();
  if (!erspan) return context.too_short(packet, kMinHeader);
  const std::uint16_t flags = erspan.u16<2>();
  if ((flags & kTruncated) != 0) context.cut_short = true;
  context.set_tunnel(TunnelKind::Erspan, flags & kSession);
  return decode_inner_ethernet(packet.skip(header_size), context);
}

DecodeResult decode_erspan3(ByteView packet, DecodeContext& context) {
  constexpr std::uint32_t kHeader = 12, kPlatformHeader = 8;
  const auto erspan = packet.header<kHeader>();
  if (!erspan) return context.too_short(packet, kHeader);
  const bool platform = (erspan.u8<11>() & 1) != 0;
  return decode_erspan(kHeader + (platform ? kPlatformHeader : 0), packet, context);
}

/// GRE version 1 (RFC 2637), which carries PPP or only an acknowledgement.
DecodeResult decode_pptp(std::uint16_t flags, ByteView packet, DecodeContext& context) {
  const auto pptp = packet.header<8>();
  if (!pptp) return context.too_short(packet, 8);
  if (pptp.u16<2>() != kEtherPpp || (flags & kKey) == 0 || (flags & kSequence) == 0)
    return DecodeResult::NotTcp;
  context.set_tunnel(TunnelKind::Pptp, pptp.u16<6>());  // the call id
  return decode_ppp(packet.skip((flags & kAcknowledgment) != 0 ? 16 : 12), context);
}

/// WCCP redirects: an IPv4 packet, which in WCCP version 2 follows a header of four bytes.
DecodeResult decode_wccp(ByteView packet, DecodeContext& context) {
  const bool bare = packet.header<1>().u8<0>() >> 4 == 4;
  return decode_ipv4(bare ? packet : packet.skip(4), context);
}

}  // namespace

DecodeResult decode_gre(ByteView packet, DecodeContext& context) {
  const auto gre = packet.header<4>();
  if (!gre) return context.too_short(packet, 4);
  const std::uint16_t flags = gre.u16<0>(), type = gre.u16<2>();
  if ((flags & kVersion) == 1) return decode_pptp(flags, packet, context);
  if ((flags & kVersion) != 0 || type <= kMaxFrameLength) return DecodeResult::NotTcp;

  ByteView rest = packet.skip((flags & (kChecksum | kRouting)) != 0 ? 8 : 4);
  std::uint32_t key = 0;
  if ((flags & kKey) != 0) {
    key = rest.header<4>().u32<0>();
    rest = rest.skip(4);
  }
  if ((flags & kSequence) != 0) rest = rest.skip(4);
  if ((flags & kRouting) != 0 && !skip_routes(rest)) return DecodeResult::NotTcp;

  context.set_tunnel(TunnelKind::Gre, key);
  if (type == kEtherErspan3) return decode_erspan3(rest, context);
  if (type == kEtherWccp) return decode_wccp(rest, context);
  if (type != kEtherErspan) return decode_ether_type(type, rest, context);
  if ((flags & kSequence) != 0) return decode_erspan(8, rest, context);
  context.set_tunnel(TunnelKind::Erspan, 0);  // type I has no header and so no session id
  return decode_inner_ethernet(rest, context);
}

}  // namespace synfin
