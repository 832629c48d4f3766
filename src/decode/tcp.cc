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

/// Calls `visit(option, length)` for each whole option of a header of `header` bytes, of which
/// `size` are captured, until it returns false. Returns false if the capture ends before the list.
template <typename Visit>
bool for_each_option(const std::uint8_t* data, std::uint32_t size, std::uint32_t header,
                     Visit visit) {
  const std::uint32_t end = std::min(size, header);
  std::uint32_t at = kMinTcpHeader;
  while (at + 1 < end) {
    const unsigned kind = data[at], length = data[at + 1];
    if (kind == kNoOperation) {
      ++at;
      continue;
    }
    if (kind == kEndOfList || length < 2) return true;
    if (at + length > end) break;
    if (!visit(data + at, length)) return true;
    at += length;
  }
  return size >= header;
}

bool is_window_scale(const std::uint8_t* option, unsigned length) {
  return option[0] == kWindowScale && length == 3;
}

/// The place of the window scale in the two lists of options that nearly all SYNs have, or null:
/// "MSS, SACK permitted, timestamps, no operation, window scale" and "MSS, no operation, window
/// scale, …". Walking a list mispredicts several branches.
const std::uint8_t* usual_window_scale(const std::uint8_t* data, std::uint32_t end) {
  constexpr std::uint32_t kMssAndLength = 0x0204, kSackAndTimestamps = 0x0402080A;
  constexpr std::uint32_t kScaleAndLength = 0x010303;  // after a no-operation
  constexpr std::uint32_t kAfterMss = kMinTcpHeader + 4, kAfterTimestamps = kAfterMss + 12;
  if (end < kAfterMss + 4 || load_be16(data + kMinTcpHeader) != kMssAndLength) return nullptr;
  if (load_be32(data + kAfterMss) >> 8 == kScaleAndLength) return data + kAfterMss + 3;
  const bool longer =
      end >= kAfterTimestamps + 4 && load_be32(data + kAfterMss) == kSackAndTimestamps;
  if (!longer || load_be32(data + kAfterTimestamps) >> 8 != kScaleAndLength) return nullptr;
  return data + kAfterTimestamps + 3;
}

}  // namespace

std::uint8_t find_window_scale(ByteView segment, std::uint32_t header) {
  return segment.with_captured([&](const std::uint8_t* data, std::uint32_t size) {
    if (const std::uint8_t* usual = usual_window_scale(data, std::min(size, header)))
      return std::min(*usual, kMaxWindowScale);
    std::uint8_t scale = kNoWindowScale;
    const bool whole =
        for_each_option(data, size, header, [&](const auto* option, unsigned length) {
          const bool found = is_window_scale(option, length);
          if (found) scale = std::min(option[2], kMaxWindowScale);
          return !found;
        });
    return whole ? scale : kMaxWindowScale;
  });
}

void store_syn_options(ByteView segment, std::uint32_t header, Segment& out) {
  segment.with_captured([&](const std::uint8_t* data, std::uint32_t size) {
    const bool whole =
        for_each_option(data, size, header, [&](const auto* option, unsigned length) {
          if (option[0] == kMaxSegmentSize && length == 4) out.mss = load_be16(option + 2);
          if (option[0] == kSackPermittedOption) out.syn_options |= kSackPermitted;
          if (option[0] == kTimestampsOption) out.syn_options |= kTimestamps;
          return true;
        });
    if (!whole) out.syn_options |= kSynOptionsCutOff;
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
  context.segment.mss = 0;
  context.segment.syn_options = 0;
  if ((context.segment.flags & kSyn) == 0) return DecodeResult::Decoded;
  context.segment.window_scale = find_window_scale(segment, header);
  if (context.syn_options) store_syn_options(segment, header, context.segment);
  return DecodeResult::Decoded;
}

}  // namespace synfin
