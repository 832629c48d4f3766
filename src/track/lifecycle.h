/// \file
/// Lifecycle: applies one segment to one connection.
///
/// Segment + Slot → the Slot's next state and LifecycleEvents. Tables, queues and time-outs are
/// ConnectionTable's work. Specs: RFC 9293 §3.3.2 (states), §3.10.7 (checks of an RST), RFC 5961
/// §3; endpoint states and history letters as Zeek defines them (`conn_state` and `history` in its
/// documentation). Tested in tests/unit/track/lifecycle_test.cc and through ConnectionTable.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/decode/segment.h"
#include "synfin/track/connection_table.h"
#include "track/detail_pool.h"
#include "track/slot.h"

namespace synfin {

/// The events that one segment causes, in order.
class LifecycleEvents {
 public:
  void add(EventKind kind) { kinds_[size_++] = kind; }
  const EventKind* begin() const { return kinds_.data(); }
  const EventKind* end() const { return kinds_.data() + size_; }
  bool forged_rst = false;

 private:
  std::array<EventKind, 4> kinds_{};
  std::uint8_t size_ = 0;
};

/// An upper bound on the rate of one connection, 100 Gbit/s. A FIN or RST that would need a higher
/// rate is not believed.
inline constexpr double kMaxBytesPerNs = 12.5;
/// A rate that one connection may reach, 10 Gbit/s. If it allows more than 4 GiB, the basis of a
/// count is `modulo`.
inline constexpr double kTypicalBytesPerNs = 1.25;
/// Bytes that are believed at any age: one full window at the start.
inline constexpr std::int64_t kSlackBytes = 1 << 20;

/// The result of the fast path.
enum class FastPath : std::uint8_t {
  No,                   ///< the fast path does not apply; nothing was changed
  Counted,              ///< applied, no event
  Trailing,             ///< counted after the end of the connection, no event
  Opened,               ///< EventKind::Open
  HalfClosed,           ///< EventKind::Fin
  Closed,               ///< EventKind::Close
  OpenedAndHalfClosed,  ///< EventKind::Open, then Fin
  OpenedAndClosed,      ///< EventKind::Open, then Close
};

class Lifecycle {
 public:
  Lifecycle(PacketScope scope, DetailPool& details) : scope_(scope), details_(details) {}

  /// Resets `slot`, except for its addresses and ports, to the connection that `segment` begins.
  /// Does not apply the segment. `sender` is the end that sent it.
  void begin(Slot& slot, const Segment& segment, unsigned sender) const;

  /// Resets `slot`, except for its addresses and ports, to an established connection of which no
  /// packet was seen.
  static void adopt(Slot& slot, Timestamp since, unsigned orig);

  /// Applies a TCP segment sent by end `sender`.
  LifecycleEvents apply(Slot& slot, const Segment& segment, unsigned sender);

  // ---- The fast path (lifecycle_fast_path.cc): the same results as apply() for common segments.
  // ----

  /// True for a SYN without other flags that matter and without payload.
  static bool is_plain_syn(const Segment& segment);
  /// begin() and apply() for a plain SYN. The event is EventKind::Syn.
  static void begin_with_syn(Slot& slot, const Segment& segment, unsigned sender);
  /// Applies the first SYN-ACK that answers the SYN. Returns false and changes nothing if the
  /// segment is anything else. True with PacketScope::Control implies EventKind::Open.
  bool apply_first_synack(Slot& slot, const Segment& segment, unsigned sender) const;
  /// Applies data, an acknowledgement or a FIN that is in order. Returns FastPath::No and changes
  /// nothing if the segment is anything else.
  FastPath apply_fast_path(Slot& slot, const Segment& segment, unsigned sender) const;

  /// Counts the packet and its IP bytes for the sender.
  void count(Slot& slot, const Segment& segment, unsigned sender);

  void append_history(Slot& slot, Letter letter, unsigned end);

  /// True if `segment`, a SYN without ACK, has another initial sequence number than `slot`.
  /// REQUIRES: `slot` has not ended.
  static bool is_other_syn(const Slot& slot, const Segment& segment, unsigned sender);

 private:
  struct SegmentStep;
  FastPath complete_handshake(Slot& slot, Timestamp now) const;
  static FastPath on_fin(Slot& slot, unsigned sender, FastPath result);
  void note_time(SegmentStep& t);
  void initialize_sender(SegmentStep& t);
  static void disprove_rst(SegmentStep& t);
  void write_history(SegmentStep& t);
  void append_once(SegmentStep& t, HistoryBit bit, Letter letter);
  void note_repeated_rst(SegmentStep& t);
  void count_scaled(SegmentStep& t, unsigned end, Letter letter, std::uint32_t& count);
  void note_zero_window(SegmentStep& t);
  void note_retransmission(SegmentStep& t);
  bool rst_fits(const SegmentStep& t) const;
  void advance_last(SegmentStep& t);
  void move_last(SegmentStep& t, std::uint32_t to);
  void step(SegmentStep& t);
  void step_inactive(SegmentStep& t);
  void step_established(SegmentStep& t);
  void acknowledge(SegmentStep& t);
  void acknowledge_by_rst(SegmentStep& t);
  void pass_holes(SegmentStep& t, std::uint32_t ack);
  void settle_hole(SegmentStep& t, unsigned end, Detail::EndDetail& side);
  void note_data(SegmentStep& t);
  static void keep_range(Detail::EndDetail& side, SeenRange run);
  void close_ends(SegmentStep& t);
  void collect_events(SegmentStep& t, LifecycleEvents& out);
  void measure_rtt(SegmentStep& t);

  PacketScope scope_;
  DetailPool& details_;
};

}  // namespace synfin
