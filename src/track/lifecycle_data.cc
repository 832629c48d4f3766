// Sequence numbers of Lifecycle: sent, acknowledged, retransmitted and missing data. See
// lifecycle.h.
#include <algorithm>

#include "synfin/base/sequence.h"
#include "track/lifecycle.h"
#include "track/segment_step.h"
#include "track/sequence_window.h"

namespace synfin {
namespace {

/// Zeek's limit for the distance of a sequence number in an RST.
constexpr std::int32_t kFarOff = 1 << 20;

/// Zeek calls an endpoint "clean" while gaps in its data can only mean loss.
bool is_clean(const Slot& slot, unsigned end) {
  const EndState state = slot.state(end);
  return state == EndState::Established ||
         (state == EndState::Closed &&
          slot.side_flags[end].previous == static_cast<unsigned>(EndState::Established));
}

}  // namespace

/// True if the segment repeats the SYN of its sender without new data. After more than 2 GiB its
/// numbers compare as ahead of `last`.
bool Lifecycle::repeats_syn(const SegmentStep& t) const {
  const SlotSide& side = t.own_side();
  if (!t.syn || t.rst || t.state_before == EndState::Inactive || t.s.seq != side.start)
    return false;
  const Detail* d = details_.of(t.slot);
  const bool wrapped = d != nullptr && d->side[t.e].wraps > 0;
  return wrapped || side.last - side.start >= t.end_seq - side.start;
}

/// PacketScope::Control only: true if `number` of `end` is above all before it, and may be reached
/// until `time`. Control packets do not show more than 4 GiB.
bool Lifecycle::may_advance(const Slot& slot, unsigned end, std::uint32_t number, Timestamp time) {
  const SlotSide& side = slot.side[end];
  const std::uint32_t bytes = number - side.start;
  return bytes > side.last - side.start && is_plausible(bytes, time - slot.first);
}

void Lifecycle::move_last(SegmentStep& t, std::uint32_t to) {
  SlotSide& side = t.own_side();
  if (to < side.last) {
    if (Detail* d = details_.ensure(t.slot)) ++d->side[t.e].wraps;
  }
  side.last = to;
  t.own().last_is_rst = t.rst;
  if (t.fin || t.rst) t.own().last_proven = 1;
}

void Lifecycle::advance_last(SegmentStep& t) {
  SlotSide& side = t.own_side();
  if (repeats_syn(t)) {
    if (t.s.payload > 0) note_retransmission(t);
    return;
  }
  Detail* detail = t.own().ack_ahead ? details_.of(t.slot) : nullptr;
  const std::uint32_t seen = detail != nullptr ? detail->side[t.e].data_end : side.last;
  const std::int32_t ahead = seq_delta(t.end_seq, seen);
  if (scope_ == PacketScope::Control && t.rst && (ahead > kFarOff || ahead < -kFarOff)) {
    // The number is far from all numbers that were seen, so it counts only if it is plausible.
    const std::int32_t beyond = seq_delta(t.end_seq, side.last);
    if (beyond > 0 && may_advance(t.slot, t.e, t.end_seq, t.s.time)) move_last(t, t.end_seq);
    return;
  }
  if (t.state_before == EndState::Reset) return;  // numbers after an RST are ignored
  if (scope_ == PacketScope::Control && t.fin && side.last == side.start + 1 &&
      t.end_seq != side.start && t.own().history & kHistSyn &&
      rate_permits(t.end_seq - side.start, t.s.time - t.slot.first)) {
    // Only the SYN was seen before, so the FIN may be more than 2 GiB ahead.
    if (t.end_seq != side.last) move_last(t, t.end_seq);
  } else if (ahead > 0) {
    if (scope_ == PacketScope::Control && !may_advance(t.slot, t.e, t.end_seq, t.s.time)) return;
    // A number without data after the acknowledgement of what may be a lost FIN: it stays one.
    if (ahead == 1 && detail != nullptr && t.end_seq == t.s.seq && t.s.seq == side.last) return;
    if (detail != nullptr) settle_lone(t, t.e, *detail, seq_before(t.s.seq, side.last));
    if (detail != nullptr) detail->side[t.e].data_end = t.end_seq;
    if (seq_delta(t.end_seq, side.last) >= 0) {
      if (t.end_seq != side.last) move_last(t, t.end_seq);
      t.own().ack_ahead = 0;
    }
  } else if (t.s.payload > 0 && !t.rst && !(t.own().ack_ahead && detail == nullptr)) {
    note_retransmission(t);
  }
  if (t.rst && t.s.seq == side.last) {
    t.own().last_is_rst = 1;
  } else if (t.rst) {
    if (Detail* d = details_.ensure(t.slot)) d->side[t.e].last_rst = t.s.seq;
  }
}

/// PacketScope::Control only: if an end has sent two different FINs, the one that the other end's
/// FIN acknowledges is real, or else the one that acknowledges the other end's FIN. No window shows
/// this, because the segments that open it are not seen.
void Lifecycle::agree_on_fins(SegmentStep& t) {
  if (!t.fin || t.rst || t.syn) return;
  Detail* d = details_.of(t.slot);
  const bool other = t.state_before == EndState::Closed && t.end_seq != t.old_last;
  if (d == nullptr && other) d = details_.ensure(t.slot);
  if (d == nullptr) return;
  if (other) d->side[t.e].claim.data.end = t.end_seq;
  const bool closes = other && t.peer_state == EndState::Closed && t.s.ack == t.peer_side().last;
  const std::uint32_t acked = closes ? t.s.ack : d->side[t.p].claim.data.end;
  if (!t.ack || acked == 0 || t.s.ack != acked) return;
  const Duration age = t.s.time - t.slot.first;
  if (!is_plausible(acked - t.peer_side().start, age) ||
      !is_plausible(t.end_seq - t.own_side().start, age)) {
    return;
  }
  t.peer_side().last = acked;
  t.own_side().last = t.end_seq;
  d->side[0].wraps = d->side[1].wraps = 0;
  d->side[t.p].claim = {};
}

/// Notes whether the peer of an end that repeats a segment acknowledges it.
void Lifecycle::pass_stuck_segment(SegmentStep& t) {
  Detail* d = details_.of(t.slot);
  if (d == nullptr || d->side[t.p].stuck_times == 0) return;
  Detail::EndDetail& side = d->side[t.p];
  if (!seq_after(t.s.ack, side.stuck_seq)) {
    side.stuck_peer_sends = true;
    return;
  }
  side.stuck_times = 0;
  if (t.peer().ack_ahead && side.data_end == t.peer_side().last && !d->rst.used)
    t.peer().ack_ahead = 0;
}

void Lifecycle::acknowledge(SegmentStep& t) {
  if (t.peer_state == EndState::Inactive) return;
  const SlotSide& side = t.peer_side();
  SlotSideFlags& flags = t.peer();
  if (t.rst) return acknowledge_by_rst(t);
  pass_stuck_segment(t);
  const Detail* known = details_.of(t.slot);
  const bool wrapped = known != nullptr && known->side[t.p].wraps > 0;
  if (!wrapped && seq_before(t.s.ack, side.start) && side.last - side.start < 0x80000000u) return;
  const std::int32_t ahead = seq_delta(t.s.ack, side.last);
  if (seq_after(t.s.ack, side.start + 1)) flags.acked = 1;
  if (ahead <= 0 && !flags.hole) return;
  if (scope_ == PacketScope::Control) {
    // An acknowledgement of 0 is more likely from a broken stack than from a large connection.
    const bool believed = ahead > 0 && (t.s.ack != 0 || ahead <= kFarOff) &&
                          may_advance(t.slot, t.p, t.s.ack, t.s.time);
    if (!believed) return;
    flags.last_proven = 1;
  } else if (!below_edge(t.slot, t.p, t.s.ack)) {
    return;  // the peer has sent an RST, so nothing else has checked the number
  }
  raise_last(t, t.s.ack);
}

/// Raises the peer's `last` to an acknowledgement, and counts what was never seen as missed.
void Lifecycle::raise_last(SegmentStep& t, std::uint32_t to) {
  SlotSide& side = t.peer_side();
  SlotSideFlags& flags = t.peer();
  const std::int32_t ahead = seq_delta(to, side.last);
  const bool control = scope_ == PacketScope::Control;
  const bool clean = is_clean(t.slot, t.p) && is_clean(t.slot, t.e);
  const bool fin_sent = (flags.history & kHistFin) != 0;
  const bool may_be_fin = ahead == 1 && !control && (clean || t.slot.flags.syn);
  if (Detail* known = details_.of(t.slot); known != nullptr && ahead > 0)
    settle_lone(t, t.p, *known, false);
  if (!control && (clean || flags.hole))
    pass_holes(t, (fin_sent && ahead >= 0) || may_be_fin ? side.last - fin_sent : to);
  if (ahead <= 0) return;
  Detail* d = (clean && !control) || may_be_fin ? details_.ensure(t.slot) : details_.of(t.slot);
  if (d != nullptr) {
    d->side[t.p].lone_ack = may_be_fin;
    d->side[t.p].lone_skipped = may_be_fin && clean;
  }
  if (d != nullptr && !flags.ack_ahead) {
    d->side[t.p].data_end = side.last;
  }
  if (to < side.last) {
    if (d = details_.ensure(t.slot); d != nullptr) ++d->side[t.p].wraps;
  }
  const bool beyond = static_cast<std::uint32_t>(ahead) > credit_of(t.slot, t.p);
  side.last = to;
  if (beyond) set_credit(t.slot, t.p, kInitialCredit);  // a gap that both ends confirm
  flags.ack_ahead = 1;
}

/// Counts a single number that pass_holes() has left out, because it could be that of a lost FIN:
/// something follows, so it was data. `late`: the data itself has arrived.
void Lifecycle::settle_lone(SegmentStep& t, unsigned end, Detail& detail, bool late) {
  Detail::EndDetail& side = detail.side[end];
  if (!side.lone_skipped) return;
  side.lone_skipped = false;
  if (late) return;
  ++detail.missed;
  count_scaled(t, end, Letter::G, side.gaps);
}

/// PacketScope::Control only: if only the SYN of the peer was seen, the acknowledgement in an RST
/// counts the peer's bytes, which may be more than 2 GiB.
void Lifecycle::acknowledge_by_rst(SegmentStep& t) {
  SlotSide& side = t.peer_side();
  SlotSideFlags& flags = t.peer();
  const bool only_syn = side.last == side.start + 1 && t.peer_state == EndState::Established;
  if (!only_syn || t.s.ack == side.last || t.s.ack == 0) return;
  if (!is_plausible(t.s.ack - side.start, t.s.time - t.slot.first)) return;
  side.last = t.s.ack;
  flags.ack_ahead = flags.acked = flags.last_proven = 1;
  flags.last_is_rst = 1;
}

/// Counts data as missed that was acknowledged but never seen, hole by hole.
void Lifecycle::pass_holes(SegmentStep& t, std::uint32_t ack) {
  SlotSideFlags& flags = t.peer();
  const std::uint32_t whole = t.peer_side().last;
  const Detail* known = flags.hole ? details_.of(t.slot) : nullptr;
  std::uint32_t at = known != nullptr ? known->side[t.p].delivered : whole;
  if (!seq_after(ack, at)) return;
  Detail* d = details_.ensure(t.slot);
  if (d == nullptr) return;
  Detail::EndDetail& side = d->side[t.p];
  const bool clean = is_clean(t.slot, t.p) && is_clean(t.slot, t.e);
  const auto count_missed = [&](std::uint32_t up_to) {
    if (!clean || !seq_after(up_to, at)) return;
    d->missed += up_to - at;
    count_scaled(t, t.p, Letter::G, side.gaps);
  };
  for (SeenRange& range : side.seen) {
    if (range.empty() || !seq_before(range.begin, ack)) continue;
    count_missed(range.begin);
    at = range.end;
    range = {};
  }
  count_missed(ack);
  side.delivered = seq_after(ack, at) ? ack : at;
  settle_hole(t, t.p, side);
}

/// Merges the ranges beyond the hole, and clears the hole if it is filled.
void Lifecycle::settle_hole(SegmentStep& t, unsigned end, Detail::EndDetail& side) {
  for (SeenRange& range : side.seen) {
    if (range.empty() || seq_after(range.begin, side.delivered)) continue;
    if (seq_after(range.end, side.delivered)) side.delivered = range.end;
    range = {};
  }
  if (side.seen[0].empty()) std::swap(side.seen[0], side.seen[1]);
  const bool fin = (t.slot.side_flags[end].history & kHistFin) != 0;
  // A FIN occupies a sequence number without data.
  t.slot.side_flags[end].hole = seq_before(side.delivered, t.slot.side[end].last - fin);
}

/// Keeps the ranges of data beyond a hole until the data in it arrives. A bare ACK or FIN whose
/// number is ahead of the data leaves a hole, too.
void Lifecycle::note_data(SegmentStep& t) {
  if (scope_ == PacketScope::Control || t.state_before == EndState::Reset) return;
  if (t.s.payload > 0) t.own().data = 1;
  const std::uint32_t begin = t.s.seq + t.syn;
  const std::uint32_t end = begin + t.s.payload;
  if (seq_before(begin, t.own_side().start)) return;
  if (!t.own().hole) {
    if (t.own().ack_ahead || !seq_after(begin, t.old_last)) return;
    Detail* d = details_.ensure(t.slot);
    if (d == nullptr) return;
    t.own().hole = 1;
    d->side[t.e].delivered = t.old_last;
    d->side[t.e].seen = {SeenRange{begin, end}, SeenRange{}};
    return;
  }
  Detail::EndDetail& side = details_.of(t.slot)->side[t.e];
  if (!seq_after(begin, side.delivered)) {
    if (seq_after(end, side.delivered)) side.delivered = end;
  } else if (begin != end) {
    keep_range(side, {begin, end});
  }
  settle_hole(t, t.e, side);
}

void Lifecycle::keep_range(Detail::EndDetail& side, SeenRange run) {
  for (SeenRange& range : side.seen) {
    if (range.empty() || seq_after(run.begin, range.end) || seq_before(run.end, range.begin))
      continue;
    if (seq_before(run.begin, range.begin)) range.begin = run.begin;
    if (seq_after(run.end, range.end)) range.end = run.end;
    return;
  }
  if (side.seen[0].empty()) {
    side.seen[0] = run;
  } else if (side.seen[1].empty()) {
    side.seen[1] = run;
    if (seq_before(run.begin, side.seen[0].begin)) std::swap(side.seen[0], side.seen[1]);
  } else {
    // A third range does not fit, so the newest hole counts as filled.
    SeenRange& last = side.seen[1];
    if (seq_before(run.begin, last.begin)) last.begin = run.begin;
    if (seq_after(run.end, last.end)) last.end = run.end;
  }
}

}  // namespace synfin
