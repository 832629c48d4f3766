// See checksum.h.
#include "decode/checksum.h"

#include "decode/ip.h"

namespace synfin {
namespace {

/// Adds up big-endian 16-bit words; an odd last byte is padded with zero. The sum is not folded.
std::uint64_t sum_words(ByteView bytes) {
  return bytes.with_captured([](const std::uint8_t* data, std::uint32_t size) {
    std::uint64_t sum = 0;
    std::uint32_t at = 0;
    for (; size - at >= 2; at += 2) sum += load_be16(data + at);
    if (at < size) sum += static_cast<std::uint64_t>(data[at]) << 8;
    return sum;
  });
}

/// Bytes that include their own correct checksum add up to all ones.
bool sums_to_ones(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum == 0xFFFF;
}

std::uint64_t sum_address(const Address& address) {
  std::uint8_t bytes[16];
  const auto size = static_cast<std::uint32_t>(address.store(bytes));
  return sum_words(ByteView(bytes, size, size));
}

}  // namespace

bool ipv4_checksum_fits(ByteView packet, std::uint32_t size) {
  if (packet.captured() < size) return true;
  return sums_to_ones(sum_words(packet.resized(size)));
}

bool tcp_checksum_fits(ByteView segment, const DecodeContext& context) {
  if (!segment.complete() || context.cut_short) return true;
  const FiveTuple& tuple = context.segment.tuple;
  const std::uint64_t pseudo_header = sum_address(tuple.orig.address) +
                                      sum_address(tuple.resp.address) + segment.wire() +
                                      kProtocolTcp;
  return sums_to_ones(pseudo_header + sum_words(segment));
}

}  // namespace synfin
