/// \file
/// Trace: the TCP segments of one capture, grouped into connections, as plain data for comparison.
///
///     Segment → Trace → match.h pairs the connections of two traces → compare.h
///
/// Tested in tests/unit/path/trace_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <unordered_map>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/base/seeded_hash.h"
#include "synfin/decode/segment.h"

namespace synfin {

/// Stands for the absence of an index.
inline constexpr std::uint32_t kNoIndex = std::numeric_limits<std::uint32_t>::max();

/// The side of a connection that sent a segment; an index of arrays.
enum Sender : std::uint8_t { kOrig = 0, kResp = 1 };
constexpr Sender other(Sender sender) { return sender == kOrig ? kResp : kOrig; }

/// One TCP segment as a capture shows it.
struct Observation {
  Timestamp time{};
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t payload = 0;
  std::uint32_t next = kNoIndex;  ///< the next segment of the same connection in the capture
  std::uint16_t ip_id = 0;
  std::uint16_t checksum = 0;
  std::uint16_t flags = 0;  ///< TcpFlag bits, kFromResponder, kIsCopy
  std::uint8_t ttl = 0;
  std::uint8_t tos = 0;

  static constexpr std::uint16_t kFromResponder = 0x8000;
  /// It equals a segment that was captured up to 10 ms before.
  static constexpr std::uint16_t kIsCopy = 0x4000;

  bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
  std::uint16_t tcp_flags() const {
    return static_cast<std::uint16_t>(flags & ~(kFromResponder | kIsCopy));
  }
  Sender sender() const { return has(kFromResponder) ? kResp : kOrig; }
};
static_assert(sizeof(Observation) == 32);

/// The options and ECN flags of a SYN or SYN-ACK.
struct SynOffer {
  bool seen = false;
  std::uint8_t window_scale = kNoWindowScale;
  std::uint8_t options = 0;  ///< SynOption bits
  std::uint16_t mss = 0;
  std::uint16_t ecn = 0;  ///< the flags ECE and CWR
};

/// What a capture shows of the segments of one sender.
struct SenderView {
  std::uint32_t isn = 0;
  std::uint32_t first_seq = 0;  ///< REQUIRES: segments > 0
  std::uint32_t last_seq = 0;   ///< the sequence number behind the latest segment
  std::uint32_t segments = 0;
  bool isn_known = false;
  bool fin = false;
  SynOffer offer;
};

/// One connection of one capture. A new initial sequence number on a tuple begins a new connection.
struct TracedConnection {
  FiveTuple tuple;  ///< originator → responder
  Timestamp first{};
  Timestamp last{};
  std::array<SenderView, 2> view;   ///< by Sender
  std::uint32_t head = kNoIndex;    ///< its first segment
  std::uint32_t tail = kNoIndex;    ///< its last segment
  std::uint32_t before = kNoIndex;  ///< the connection that had this tuple before
  std::uint32_t oldest = kNoIndex;  ///< the first connection of this tuple, perhaps itself
  std::array<std::uint32_t, 4> latest{kNoIndex, kNoIndex, kNoIndex, kNoIndex};  ///< segments
  bool rst = false;

  bool begins_with_syn() const { return view[kOrig].isn_known || view[kResp].isn_known; }
  std::uint32_t segments() const { return view[kOrig].segments + view[kResp].segments; }
};

/// Not thread-safe. Memory grows with the segments: 32 bytes for each and about 350 for each
/// connection, up to the bound that the constructor gets.
class Trace {
 public:
  explicit Trace(std::size_t max_segments, std::uint64_t seed);

  /// Adds a segment. Returns false if the trace is full: then the trace ends before this segment,
  /// and all that is later is ignored.
  bool add(const Segment& segment);
  /// The capture holds a packet of this time, of any protocol.
  void note_packet(Timestamp time);

  const std::deque<Observation>& observations() const { return observations_; }
  const std::vector<TracedConnection>& connections() const { return connections_; }
  /// The latest connection of a tuple, or kNoIndex. Follow TracedConnection::before to others.
  std::uint32_t latest_of(const ConnectionKey& key) const;

  /// Exchanges originator and responder of a connection whose beginning was not captured.
  void flip(std::uint32_t connection);

  /// Of all packets. REQUIRES: packets() > 0.
  Timestamp first() const { return first_; }
  Timestamp last() const { return last_; }
  std::uint64_t packets() const { return packets_; }
  bool full() const { return full_; }
  /// Segments that equal an earlier one, and whether that is because the capture shows most packets
  /// twice, for example on two interfaces, so that copies prove nothing about the path.
  std::uint64_t copies() const { return copies_; }
  bool shows_packets_twice() const { return copies_ * 4 > observations_.size(); }
  /// True if no segment without SYN, FIN and RST was captured.
  bool control_only() const { return !observations_.empty() && !has_data_; }

 private:
  struct KeyHash {
    SeededHash seeded;
    std::size_t operator()(const ConnectionKey& key) const;
  };
  std::uint32_t connection_of(const Segment& segment);
  std::uint32_t begin_connection(const Segment& segment, std::uint32_t before);
  void note(TracedConnection& connection, const Segment& segment, Sender sender);
  bool is_copy(const TracedConnection& connection, const Observation& observation) const;

  std::size_t max_segments_;
  std::deque<Observation> observations_;
  std::vector<TracedConnection> connections_;
  std::unordered_map<ConnectionKey, std::uint32_t, KeyHash> latest_;
  Timestamp first_{};
  Timestamp last_{};
  std::uint64_t packets_ = 0;
  std::uint64_t copies_ = 0;
  bool full_ = false;
  bool has_data_ = false;
};

}  // namespace synfin
