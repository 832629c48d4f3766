/// \file
/// How often each byte of a stream passed two points. Comparing bytes instead of packets is what
/// makes segmentation offload harmless: one capture may show a segment of 40 kB, and the other one
/// the packets of 1448 bytes that it became. Tested in tests/unit/path/byte_counts_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace synfin {

/// The bytes of one segment.
struct ByteRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool at_target = false;  ///< it is seen at the point where it arrives
  bool judged = false;     ///< it was captured while both captures ran
};

/// Bytes that passed both points equally often.
struct ByteCount {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::uint32_t sent = 0;
  std::uint32_t arrived = 0;
  std::uint32_t judged_sent = 0;
  std::uint32_t judged_arrived = 0;

  std::int64_t length() const { return end - begin; }
  bool once() const { return sent == 1 && arrived == 1; }
};

/// Divides the stream where any segment begins or ends. In ascending order, without bytes that no
/// segment covers. Takes O(n log n), whatever the segments are.
std::vector<ByteCount> count_bytes(std::span<const ByteRange> ranges);

/// The element that contains `byte`, or null.
const ByteCount* find_byte(std::span<const ByteCount> counts, std::int64_t byte);

}  // namespace synfin
