/// \file
/// compare_way(): what happened to the segments of one connection on their way between the points.
///
/// A segment is lost if its source shows it more often than its target. If the receiver has
/// acknowledged it although the target's capture never shows it, it did arrive, and the capture has
/// missed it. Tested in tests/unit/path/analysis_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "path/clock.h"
#include "path/stream.h"

namespace synfin {

/// The time, by the client's clock, in which both captures ran.
struct Overlap {
  Timestamp begin{};
  Timestamp end{};
  Duration margin{0};   ///< a segment sent less than this before the end may arrive after it
  Duration longest{0};  ///< delay: one that arrives earlier after the begin may be sent before it

  bool judges_sent(Timestamp t) const { return t >= begin && t <= saturating_add(end, -margin); }
  bool judges_arrived(Timestamp t) const { return t >= saturating_add(begin, longest) && t <= end; }
};

struct DelaySample {
  Timestamp sent{};  ///< by the client's clock
  Duration delay{0};
};

/// A field of IP or TCP that differs between the points.
struct FieldChange {
  std::uint64_t segments = 0;
  std::uint8_t from = 0;  ///< of the first such segment
  std::uint8_t to = 0;
};

/// One direction of one connection.
struct WayResult {
  Sender sender = kOrig;
  std::uint64_t sent = 0;     ///< segments in the overlap, as the source's capture shows them
  std::uint64_t arrived = 0;  ///< the same of the target's
  std::array<std::uint64_t, kSegmentClasses> lost{};
  std::uint64_t lost_bytes = 0;
  /// The receiver never acknowledged the SYN or SYN-ACK, none of which the target's capture shows.
  bool never_arrived = false;
  std::uint64_t unseen_at_target = 0;  ///< acknowledged, but not in the target's capture
  std::uint64_t unseen_at_source = 0;  ///< arrived, but not in the source's capture
  std::array<std::uint64_t, kSegmentClasses> appeared{};  ///< SYN-ACKs and RSTs never sent
  std::optional<std::uint8_t> rst_ttl;                    ///< of the first RST that was never sent
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::optional<std::uint8_t> ttl;  ///< at the target, of the sender's own segments
  int min_hops = 0;                 ///< TTL at the source − TTL at the target
  int max_hops = 0;
  FieldChange dscp;
  std::uint64_t ce_marks = 0;     ///< segments that a router marked as "congestion experienced"
  std::uint64_t ecn_cleared = 0;  ///< segments whose ECN field was cleared on the way
  std::vector<DelaySample> delays;

  std::uint64_t all_lost() const;
};

/// What compare_way() knows of the captures besides the connection.
struct CompareContext {
  const ClockModel& clock;
  Overlap overlap;
  bool control_only = false;    ///< one of the captures holds only segments with SYN, FIN or RST
  bool source_complete = true;  ///< false: the source's capture holds nothing of this direction
  bool target_complete = true;
  std::uint32_t max_segment = 0;  ///< the MSS that the handshake agreed on; 0 = unknown
};

WayResult compare_way(const StreamPair& streams, Sender sender, Way way,
                      const CompareContext& context);

/// The segments of a connection that each capture shows exactly once.
class SharedSegments {
 public:
  explicit SharedSegments(const StreamPair& streams);

  /// The originator's way according to the connection itself: TTLs fall along the path, and the
  /// answer takes longer at the originator's point. Nothing if neither shows.
  std::optional<Way> way_of_originator() const;

  /// Appends them for fit_clock(). `orig_way` is the way of the originator's segments.
  void append_samples(Way orig_way, std::vector<ClockSample>& samples) const;

 private:
  struct Shared {
    Timestamp client{};
    Timestamp server{};
    int fall = 0;  ///< TTL at the client − TTL at the server
  };
  std::array<std::vector<Shared>, 2> shared_;  ///< by Sender
};

}  // namespace synfin
