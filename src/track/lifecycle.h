/// \file
/// Lifecycle: what one segment does to one connection.
///
/// Segment + Slot → the Slot's next state and what there is to tell. Knows nothing of tables,
/// queues or time-outs. Specs: RFC 9293 §3.3.2 (states), §3.10.7 (what an RST must fit), RFC 5961
/// §3; endpoint states and history letters as Zeek keeps them (`conn_state` and `history` in its
/// documentation). Tested in tests/unit/track/lifecycle_test.cc and through ConnectionTable.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/decode/segment.h"
#include "synfin/track/connection_table.h"
#include "track/detail_pool.h"
#include "track/slot.h"

namespace synfin {

/// What one segment gave to tell, in order.
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

/// More than one TCP can send: bounds what a FIN or RST may claim. 100 Gbit/s, and one full window
/// at the start.
inline constexpr double kMaxBytesPerNs = 12.5;
/// What one connection may well send, 10 Gbit/s: where that could have passed 4 GiB, a count is
/// `modulo`.
inline constexpr double kTypicalBytesPerNs = 1.25;
inline constexpr std::int64_t kSlackBytes = 1 << 20;

/// What a usual segment came to.
enum class FastPath : std::uint8_t {
  No,        ///< not usual: nothing was done
  Counted,   ///< nothing to tell
  Trailing,  ///< behind the end: counted
  Opened,    ///< EventKind::Open to tell
  HalfClosed,
  Closed,
  OpenedAndHalfClosed,  ///< Open, then Fin
  OpenedAndClosed,      ///< Open, then Close
};

class Lifecycle {
 public:
  Lifecycle(PacketScope scope, DetailPool& details) : scope_(scope), details_(details) {}

  /// Makes `slot` the connection that `segment` begins, its addresses set and everything else
  /// fresh. The segment itself is not applied yet. `sender` is the end that sent it.
  void begin(Slot& slot, const Segment& segment, unsigned sender) const;

  /// Makes `slot`, its addresses set, a connection that is known to be open since before any packet
  /// of it.
  static void adopt(Slot& slot, Timestamp since, unsigned orig);

  /// Applies a TCP segment sent by end `sender`.
  LifecycleEvents apply(Slot& slot, const Segment& segment, unsigned sender);

  // ---- Shortcuts (lifecycle_fast_path.cc): what apply() would do, for what traffic is full of.
  // ----

  /// A SYN and nothing else.
  static bool is_plain_syn(const Segment& segment);
  /// begin() and apply() for a plain SYN in one; it gives EventKind::Syn to tell.
  static void begin_with_syn(Slot& slot, const Segment& segment, unsigned sender);
  /// The SYN-ACK that answers the SYN. False, and nothing changed, where it is anything else; with
  /// PacketScope::Control true means that there is EventKind::Open to tell.
  bool apply_first_synack(Slot& slot, const Segment& segment, unsigned sender) const;
  /// Data, an acknowledgement or a FIN, in order and expected. FastPath::No, and nothing changed,
  /// where it is anything else.
  FastPath apply_fast_path(Slot& slot, const Segment& segment, unsigned sender) const;

  /// Counts a segment that changes nothing: packets and bytes of its sender.
  void count(Slot& slot, const Segment& segment, unsigned sender);

  void append_history(Slot& slot, Letter letter, unsigned end);

  /// Would the segment, a SYN without ACK, begin another connection on `slot`, which has not ended?
  static bool is_other_syn(const Slot& slot, const Segment& segment, unsigned sender);

 private:
  struct SegmentStep;
  FastPath complete_handshake(Slot& slot, Timestamp now) const;
  static FastPath on_fin(Slot& slot, unsigned sender, FastPath did);
  void note_time(SegmentStep& t);
  void begin_end(SegmentStep& t);
  static void disprove_rst(SegmentStep& t);
  void write_history(SegmentStep& t);
  void once(SegmentStep& t, HistoryBit bit, Letter letter);
  void repeated_rst(SegmentStep& t);
  void scaled(SegmentStep& t, unsigned end, Letter letter, std::uint32_t& count);
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
  void settle_hole(SegmentStep& t, unsigned end, Detail::Side& side);
  void data_arrived(SegmentStep& t);
  static void keep_range(Detail::Side& side, SeenRange run);
  void close_ends(SegmentStep& t);
  void tell(SegmentStep& t, LifecycleEvents& out);
  void measure_rtt(SegmentStep& t);

  PacketScope scope_;
  DetailPool& details_;
};

}  // namespace synfin
