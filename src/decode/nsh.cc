// The network service header (RFC 8300 §2). See link.h.
#include "decode/ip.h"
#include "decode/link.h"

namespace synfin {

DecodeResult decode_nsh(ByteView frame, DecodeContext& context) {
  constexpr std::uint32_t kMinHeader = 8;
  constexpr std::uint16_t kVersion = 0xC000, kLengthWords = 0x3F;
  const auto nsh = frame.header<kMinHeader>();
  if (!nsh) return context.too_short(frame, kMinHeader);
  const std::uint32_t size = (nsh.u16<0>() & kLengthWords) * 4u;
  if ((nsh.u16<0>() & kVersion) != 0 || size < kMinHeader || !context.enter_link())
    return DecodeResult::NotTcp;
  const ByteView payload = frame.skip(size);
  return decode_nsh_next(nsh.u8<3>(), payload, context);
}

DecodeResult decode_nsh_next(std::uint8_t next, ByteView payload, DecodeContext& context) {
  switch (next) {
    case 1:
      return decode_ipv4(payload, context);
    case 2:
      return decode_ipv6(payload, context);
    case 3:
      return decode_inner_ethernet(payload, context);
    case 4:
      return decode_nsh(payload, context);
    case 5:
      return decode_mpls(payload, context);
    default:
      return DecodeResult::NotTcp;
  }
}

}  // namespace synfin
