/// \file
/// Lifecycle: applies one segment to one connection.
///
/// Segment + Slot → the Slot's next state and LifecycleEvents. Tables, queues and time-outs are
/// ConnectionTable's work. Specs: RFC 9293 §3.3.2 (states), §3.10.7 (checks of an RST), RFC 5961
/// §3; endpoint states and history letters as Zeek defines them (`conn_state` and `history` in its
/// documentation). Tested in tests/unit/track/lifecycle_test.cc and through ConnectionTable.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "synfin/decode/segment.h"
#include "synfin/track/connection_table.h"
#include "track/detail_pool.h"
#include "track/responder_ports.h"
#include "track/slot.h"

namespace synfin {

/// The events that one segment causes, in order.
class LifecycleEvents {
 public:
  void add(EventKind kind) { kinds_[size_++] = kind; }
  const EventKind* begin() const { return kinds_.data(); }
  const EventKind* end() const { return kinds_.data() + size_; }
  bool forged_rst = false;     ///< an RST proved to be forged
  bool out_of_window = false;  ///< the segment counts as a packet only

 private:
  std::array<EventKind, 6> kinds_{};
  std::uint8_t size_ = 0;
};

/// An upper bound on the rate of one connection, 100 Gbit/s. The number of a FIN or RST that would
/// need a higher rate is ignored.
inline constexpr double kMaxBytesPerNs = 12.5;
/// A rate that one connection may reach, 10 Gbit/s. If it allows more than 4 GiB, the basis of a
/// count is `modulo`.
inline constexpr double kTypicalBytesPerNs = 1.25;
/// Bytes that are plausible at any age: one full window at the start.
inline constexpr std::int64_t kSlackBytes = 1 << 20;

/// True if a connection of this age may have sent so many bytes.
inline bool rate_permits(std::uint32_t bytes, Duration age) {
  const double ns = static_cast<double>(std::max(age, Duration{0}).count());
  return bytes <= kSlackBytes + kMaxBytesPerNs * ns;
}

/// The largest jump between two numbers that have an order: those that differ by 2^31 have none.
inline constexpr std::uint32_t kMaxGap = 0x7F000000;

/// True if a connection of this age may have made such a jump.
inline bool is_plausible(std::uint32_t bytes, Duration age) {
  return bytes < kMaxGap && rate_permits(bytes, age);
}

/// The shortest silence before an RST that is noted: idle timers are not shorter.
inline constexpr Duration kMinIdle = std::chrono::seconds{5};

/// A repeated segment with less payload is no evidence of an MTU black hole: every IPv4 path must
/// carry datagrams of 576 bytes (RFC 1122 §3.3.3), less 76 bytes of headers.
inline constexpr std::uint32_t kMinStuckBytes = 500;

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

  /// Counts the responder port of a connection that begins with a SYN or SYN-ACK.
  void note_responder(const Segment& s) {
    if ((s.flags & kSyn) != 0)
      responder_ports_.add((s.flags & kAck) != 0 ? s.tuple.orig.port : s.tuple.resp.port);
  }

  /// Applies a TCP segment sent by end `sender`.
  LifecycleEvents apply(Slot& slot, const Segment& segment, unsigned sender);

  /// Ends the connection by an RST that was stored until the other end could disprove it, if there
  /// is one. To be called when the connection times out or the input ends.
  LifecycleEvents settle_rst(Slot& slot);
  /// True if such an RST is stored.
  bool has_stored_rst(const Slot& slot) const {
    const Detail* d = details_.of(slot);
    return d != nullptr && d->rst.used && !slot.flags.ended;
  }

  // ---- The fast path: the results of apply() for common segments (lifecycle_fast_path.cc) ----

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

  /// True if a segment belongs to the connection of `slot`, which has ended and whose record is
  /// written, and not to a later one of the same tuple.
  bool is_straggler(const Slot& slot, const Segment& segment, unsigned sender) const;

  /// Counts the packet and its IP bytes for the sender.
  void count(Slot& slot, const Segment& segment, unsigned sender);

  void append_history(Slot& slot, Letter letter, unsigned end);

  /// True if `segment`, a SYN without ACK, has another initial sequence number than its sender in
  /// `slot`. If nothing else of the sender was seen, its peer's acknowledgement shows the number.
  /// REQUIRES: `slot` has not ended.
  static bool is_other_syn(const Slot& slot, const Segment& segment, unsigned sender);

 private:
  struct SegmentStep;
  /// The result of check_rst().
  enum class RstCheck : std::uint8_t {
    Exact,      ///< the next expected number
    Candidate,  ///< in the window, but not exact
    Unchecked,  ///< no number is known to check it against
    Outside,    ///< outside the window: forged
    Stale,      ///< clears an old connection of the responder
  };
  // ---- lifecycle.cc and lifecycle_fast_path.cc ----
  FastPath complete_handshake(Slot& slot, Timestamp now) const;
  static FastPath on_fin(Slot& slot, unsigned sender, FastPath result);
  bool is_acceptable(SegmentStep& step, LifecycleEvents& out);
  void number_peer(SegmentStep& step) const;
  void apply_numbers(SegmentStep& step);
  void note_time(SegmentStep& step);
  void initialize_sender(SegmentStep& step);
  void change_state(SegmentStep& step);
  void change_inactive_state(SegmentStep& step);
  void change_established_state(SegmentStep& step);
  void close_ends(SegmentStep& step);
  void collect_events(SegmentStep& step, LifecycleEvents& out);

  // ---- lifecycle_data.cc ----
  void advance_last(SegmentStep& step);
  bool repeats_syn(const SegmentStep& step) const;
  static bool may_advance(const Slot& slot, unsigned end, std::uint32_t number, Timestamp time);
  void move_last(SegmentStep& step, std::uint32_t to);
  void acknowledge(SegmentStep& step);
  void agree_on_fins(SegmentStep& step);
  void raise_last(SegmentStep& step, std::uint32_t to);
  void acknowledge_by_rst(SegmentStep& step);
  void pass_holes(SegmentStep& step, std::uint32_t ack);
  void settle_lone(SegmentStep& step, unsigned end, Detail& detail, bool late);
  void settle_hole(SegmentStep& step, unsigned end, Detail::EndDetail& side);
  void note_data(SegmentStep& step);
  void pass_stuck_segment(SegmentStep& step);
  static void keep_range(Detail::EndDetail& side, SeenRange run);

  // ---- lifecycle_history.cc ----
  bool has_letter(const Slot& slot, Letter letter, unsigned end) const;
  void write_history(SegmentStep& step);
  void append_once(SegmentStep& step, HistoryBit bit, Letter letter);
  void note_repeated_rst(SegmentStep& step);
  static bool is_milestone(std::uint32_t count);
  void count_scaled(SegmentStep& step, unsigned end, Letter letter, std::uint32_t& count);
  void note_zero_window(SegmentStep& step);
  void note_retransmission(SegmentStep& step);
  void note_stuck_segment(SegmentStep& step);

  // ---- lifecycle_window.cc ----
  bool sequence_fits(const SegmentStep& step) const;
  bool rst_fits(const Slot& slot, unsigned end, std::uint32_t number) const;
  bool acknowledgement_fits(const SegmentStep& step) const;
  bool in_window(SegmentStep& step);
  bool resume(SegmentStep& step, bool sequence, bool acknowledgement);
  void rebase(SegmentStep& step, std::uint32_t begin);
  void apply_confirmed(SegmentStep& step, LifecycleEvents& out);
  static void move_edges(SegmentStep& step, std::uint32_t credit_before);
  static void note_window_scale(SegmentStep& step);

  // ---- lifecycle_handshake.cc ----
  bool synack_fits(SegmentStep& step);
  void store_synack(SegmentStep& step);
  void choose_synack(SegmentStep& step);
  RstCheck check_rst(const SegmentStep& step) const;
  bool store_rst(SegmentStep& step);
  bool disprove_stored_rst(SegmentStep& step);
  void recheck_stored_rst(SegmentStep& step, LifecycleEvents& out);
  bool disprove_rst(SegmentStep& step);
  void forget_rst_numbers(SegmentStep& step);
  static bool disprove_refusal(SegmentStep& step);
  void measure_rtt(SegmentStep& step);
  void note_repeated_synack(SegmentStep& step);
  void note_crossed_synack(SegmentStep& step);
  bool proves_handshake_alone(const SegmentStep& step) const;
  static bool proves_simultaneous_open(const SegmentStep& step);
  static void check_early_acknowledgement(SegmentStep& step);
  static void check_number_of_rst(SegmentStep& step);
  static bool answers_silence(const SegmentStep& step, const Detail& detail);
  void note_reset(SegmentStep& step);

  PacketScope scope_;
  DetailPool& details_;
  ResponderPorts responder_ports_;
};

}  // namespace synfin
