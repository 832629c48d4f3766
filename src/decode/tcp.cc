// See tcp.h.
#include "decode/tcp.h"

#include <algorithm>

#include "decode/checksum.h"

namespace synfin {

namespace {

/// Kinds of options (RFC 9293 §3.1, RFC 7323 §2.2 and §3.2, RFC 2018 §2).
enum OptionKind : std::uint8_t {
  kEndOfList = 0,
  kNoOperation = 1,
  kMaxSegmentSize = 2,
  kWindowScale = 3,
  kSackPermittedOption = 4,
  kTimestampsOption = 8,
};

/// Stores one option of `length` bytes. REQUIRES: `length` bytes are readable at `option`.
void store_option(const std::uint8_t* option, unsigned length, Segment& out) {
  if (option[0] == kMaxSegmentSize && length == 4) out.mss = load_be16(option + 2);
  if (option[0] == kWindowScale && length == 3 && out.window_scale == kNoWindowScale)
    out.window_scale = std::min(option[2], kMaxWindowScale);
  if (option[0] == kSackPermittedOption) out.syn_options |= kSackPermitted;
  if (option[0] == kTimestampsOption) out.syn_options |= kTimestamps;
}

}  // namespace

void store_syn_options(ByteView segment, std::uint32_t header, Segment& out) {
  segment.with_captured([&](const std::uint8_t* data, std::uint32_t size) {
    const std::uint32_t end = std::min(size, header);
    std::uint32_t at = kMinTcpHeader;
    bool whole = size >= header;
    while (at + 1 < end) {
      const unsigned kind = data[at], length = data[at + 1];
      if (kind == kNoOperation) {
        ++at;
        continue;
      }
      if (kind == kEndOfList || length < 2) {
        whole = true;
        break;
      }
      if (at + length > end) break;
      store_option(data + at, length, out);
      at += length;
    }
    if (whole) return;
    out.syn_options |= kSynOptionsCutOff;
    if (out.window_scale == kNoWindowScale) out.window_scale = kMaxWindowScale;
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
  if ((context.segment.flags & kSyn) != 0) store_syn_options(segment, header, context.segment);
  return DecodeResult::Decoded;
}

}  // namespace synfin
