// See tcp.h.
#include "decode/tcp.h"

#include <algorithm>

#include "decode/checksum.h"

namespace synfin {

DecodeResult decode_tcp(ByteView segment, DecodeContext& context) {
  const auto tcp = segment.header<kMinTcpHeader>();
  if (!tcp) return context.too_short(segment, kMinTcpHeader);
  const std::uint32_t header = tcp_header_size(tcp);
  const bool fits = header <= segment.wire() || context.cut_short;
  if (header < kMinTcpHeader || !fits) return DecodeResult::Malformed;
  if (context.verify_checksums &&
      !(context.ip_header_intact && tcp_checksum_fits(segment, context))) {
    return DecodeResult::BadChecksum;
  }
  store_tcp(tcp, segment.wire() - std::min(header, segment.wire()), context.segment);
  return DecodeResult::Decoded;
}

}  // namespace synfin
