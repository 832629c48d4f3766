/// \file
/// The segments of one connection at both points, in positions of its two byte streams that do not
/// wrap and that are equal at both points, also if a device between them replaces sequence numbers.
/// Tested in tests/unit/path/analysis_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "path/match.h"

namespace synfin {

/// What a segment is to the comparison. One with data and FIN counts as both.
enum SegmentClass : std::uint8_t {
  kSynSegment,
  kSynAckSegment,
  kData,
  kFinSegment,
  kRstSegment,
  kPureAck
};
inline constexpr std::size_t kSegmentClasses = 6;

/// One segment; position 0 is the SYN if it was captured.
struct Sent {
  std::int64_t begin = 0;    ///< of its SYN, else of its data
  std::int64_t ack = -1;     ///< position in the other stream; -1 without ACK
  Timestamp time{};          ///< by the clock of the capture
  std::uint32_t length = 0;  ///< bytes of data
  std::uint16_t flags = 0;
  std::uint16_t ip_id = 0;
  std::uint8_t ttl = 0;
  std::uint8_t tos = 0;

  bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
  /// The first byte of its data: a SYN has a number of its own (RFC 9293 §3.4).
  std::int64_t data() const { return begin + (has(kSyn) ? 1 : 0); }
  std::int64_t end() const { return data() + length; }
  bool has_data() const { return length > 0 && !has(kRst); }
  bool is_pure_ack() const { return length == 0 && !has(kControlFlags); }
};

using Stream = std::vector<Sent>;

/// Both streams at both points.
struct StreamPair {
  std::array<std::array<Stream, 2>, 2> at;  ///< [Point][Sender]
  std::array<std::uint32_t, 2> shift{};     ///< by Sender: server's sequence numbers − client's
};

StreamPair unroll(const Trace& client, const Trace& server, const PathPair& pair);

}  // namespace synfin
