// See tcp.h.
#include "decode/tcp.h"

#include <algorithm>

#include "decode/checksum.h"

namespace synfin {

namespace {

/// Kinds of options (RFC 9293 §3.1, RFC 7323 §2.2).
enum OptionKind : std::uint8_t { kEndOfList = 0, kNoOperation = 1, kWindowScale = 3 };

}  // namespace

std::uint8_t find_window_scale(ByteView segment, std::uint32_t header) {
  return segment.with_captured([&](const std::uint8_t* data, std::uint32_t size) {
    const std::uint32_t end = std::min(size, header);
    std::uint32_t at = kMinTcpHeader;
    while (at + 1 < end) {
      const unsigned kind = data[at], length = data[at + 1];
      if (kind == kNoOperation) {
        ++at;
        continue;
      }
      if (kind == kWindowScale && length == 3 && at + 2 < end)
        return std::min(data[at + 2], kMaxWindowScale);
      if (kind == kEndOfList || length < 2) return kNoWindowScale;
      at += length;
    }
    return size < header ? kMaxWindowScale : kNoWindowScale;
  });
}

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
  if ((context.segment.flags & kSyn) != 0)
    context.segment.window_scale = find_window_scale(segment, header);
  return DecodeResult::Decoded;
}

}  // namespace synfin
