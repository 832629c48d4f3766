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
#include "synfin/track/detail_pool.h"
#include "synfin/track/slot.h"

namespace synfin {

/// What one segment gave to tell, in order.
class Happenings {
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
inline constexpr double kUsualBytesPerNs = 1.25;
inline constexpr std::int64_t kSlackBytes = 1 << 20;

/// What a usual segment came to.
enum class Usual : std::uint8_t {
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
  Lifecycle(Diet diet, DetailPool& details) : diet_(diet), details_(details) {}

  /// Makes `slot` the connection that `segment` begins, its addresses set and everything else
  /// fresh. The segment itself is not applied yet. `sender` is the end that sent it.
  void begin(Slot& slot, const Segment& segment, unsigned sender) const;

  /// Makes `slot`, its addresses set, a connection that is known to be open since before any packet
  /// of it.
  static void adopt(Slot& slot, Timestamp since, unsigned orig);

  /// Applies a TCP segment sent by end `sender`.
  Happenings apply(Slot& slot, const Segment& segment, unsigned sender);

  // ---- Shortcuts (lifecycle_usual.cc): what apply() would do, for what traffic is full of. ----

  /// A SYN and nothing else.
  static bool is_plain_syn(const Segment& segment);
  /// begin() and apply() for a plain SYN in one; it gives EventKind::Syn to tell.
  static void begin_with_syn(Slot& slot, const Segment& segment, unsigned sender);
  /// The SYN-ACK that answers the SYN. False, and nothing changed, where it is anything else; with
  /// Diet::Control true means that there is EventKind::Open to tell.
  bool apply_first_synack(Slot& slot, const Segment& segment, unsigned sender) const;
  /// Data, an acknowledgement or a FIN, in order and expected. Usual::No, and nothing changed,
  /// where it is anything else.
  Usual apply_usual(Slot& slot, const Segment& segment, unsigned sender) const;

  /// Counts a segment that changes nothing: packets and bytes of its sender.
  void count(Slot& slot, const Segment& segment, unsigned sender);

  void append_history(Slot& slot, Letter letter, unsigned end);

  /// Would the segment, a SYN without ACK, begin another connection on `slot`, which has not ended?
  static bool is_other_syn(const Slot& slot, const Segment& segment, unsigned sender);

 private:
  struct Turn;
  Usual complete_handshake(Slot& slot, Timestamp now) const;
  static Usual say_goodbye(Slot& slot, unsigned sender, Usual did);
  void note_time(Turn& t);
  void begin_end(Turn& t);
  static void disprove_rst(Turn& t);
  void write_history(Turn& t);
  void once(Turn& t, HistoryBit bit, Letter letter);
  void repeated_rst(Turn& t);
  void scaled(Turn& t, unsigned end, Letter letter, std::uint32_t& count);
  void note_zero_window(Turn& t);
  void note_retransmission(Turn& t);
  bool rst_fits(const Turn& t) const;
  void advance_last(Turn& t);
  void move_last(Turn& t, std::uint32_t to);
  void step(Turn& t);
  void step_inactive(Turn& t);
  void step_established(Turn& t);
  void acknowledge(Turn& t);
  void acknowledge_by_rst(Turn& t);
  void pass_holes(Turn& t, std::uint32_t ack);
  void settle_hole(Turn& t, unsigned end, Detail::Side& side);
  void data_arrived(Turn& t);
  static void keep_range(Detail::Side& side, SeenRange run);
  void close_ends(Turn& t);
  void tell(Turn& t, Happenings& out);
  void measure_rtt(Turn& t);

  Diet diet_;
  DetailPool& details_;
};

}  // namespace synfin
