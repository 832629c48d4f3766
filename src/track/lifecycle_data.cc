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
bool Lifecycle::repeats_syn(const SegmentStep& step) const {
  const SlotSide& side = step.own_side();
  if (!step.syn || step.rst || step.state_before == EndState::Inactive || step.s.seq != side.start)
    return false;
  const Detail* d = details_.of(step.slot);
  const bool wrapped = d != nullptr && d->side[step.sender].wraps > 0;
  return wrapped || side.last - side.start >= step.end_seq - side.start;
}

/// PacketScope::Control only: true if `number` of `end` is above all before it, and may be reached
/// until `time`. Control packets do not show more than 4 GiB.
bool Lifecycle::may_advance(const Slot& slot, unsigned end, std::uint32_t number, Timestamp time) {
  const SlotSide& side = slot.side[end];
  const std::uint32_t bytes = number - side.start;
  return bytes > side.last - side.start && is_plausible(bytes, time - slot.first);
}

void Lifecycle::move_last(SegmentStep& step, std::uint32_t to) {
  SlotSide& side = step.own_side();
  if (to < side.last) {
    if (Detail* d = details_.ensure(step.slot)) ++d->side[step.sender].wraps;
  }
  side.last = to;
  step.own_flags().last_is_rst = step.rst;
  if (step.fin || step.rst) step.own_flags().last_proven = 1;
}

void Lifecycle::advance_last(SegmentStep& step) {
  SlotSide& side = step.own_side();
  if (repeats_syn(step)) {
    if (step.s.payload > 0) note_retransmission(step);
    return;
  }
  Detail* detail = step.own_flags().ack_ahead ? details_.of(step.slot) : nullptr;
  const std::uint32_t seen = detail != nullptr ? detail->side[step.sender].data_end : side.last;
  const std::int32_t ahead = seq_delta(step.end_seq, seen);
  if (scope_ == PacketScope::Control && step.rst && (ahead > kFarOff || ahead < -kFarOff)) {
    // The number is far from all numbers that were seen, so it counts only if it is plausible.
    const std::int32_t beyond = seq_delta(step.end_seq, side.last);
    if (beyond > 0 && may_advance(step.slot, step.sender, step.end_seq, step.s.time))
      move_last(step, step.end_seq);
    return;
  }
  if (step.state_before == EndState::Reset) return;  // numbers after an RST are ignored
  if (scope_ == PacketScope::Control && step.fin && side.last == side.start + 1 &&
      step.end_seq != side.start && step.own_flags().history & kHistSyn &&
      rate_permits(step.end_seq - side.start, step.s.time - step.slot.first)) {
    // Only the SYN was seen before, so the FIN may be more than 2 GiB ahead.
    if (step.end_seq != side.last) move_last(step, step.end_seq);
  } else if (ahead > 0) {
    if (scope_ == PacketScope::Control &&
        !may_advance(step.slot, step.sender, step.end_seq, step.s.time))
      return;
    // A number without data after the acknowledgement of what may be a lost FIN: it stays one.
    if (ahead == 1 && detail != nullptr && step.end_seq == step.s.seq && step.s.seq == side.last)
      return;
    if (detail != nullptr)
      settle_lone(step, step.sender, *detail, seq_before(step.s.seq, side.last));
    if (detail != nullptr) detail->side[step.sender].data_end = step.end_seq;
    if (seq_delta(step.end_seq, side.last) >= 0) {
      if (step.end_seq != side.last) move_last(step, step.end_seq);
      step.own_flags().ack_ahead = 0;
    }
  } else if (step.s.payload > 0 && !step.rst &&
             !(step.own_flags().ack_ahead && detail == nullptr)) {
    note_retransmission(step);
  }
  if (step.rst && step.s.seq == side.last) {
    step.own_flags().last_is_rst = 1;
  } else if (step.rst) {
    if (Detail* d = details_.ensure(step.slot)) d->side[step.sender].last_rst = step.s.seq;
  }
}

/// PacketScope::Control only: if an end has sent two different FINs, the one that the other end's
/// FIN acknowledges is real, or else the one that acknowledges the other end's FIN. No window shows
/// this, because the segments that open it are not seen.
void Lifecycle::agree_on_fins(SegmentStep& step) {
  if (!step.fin || step.rst || step.syn) return;
  Detail* d = details_.of(step.slot);
  const bool other = step.state_before == EndState::Closed && step.end_seq != step.old_last;
  if (d == nullptr && other) d = details_.ensure(step.slot);
  if (d == nullptr) return;
  if (other) d->side[step.sender].claim.data.end = step.end_seq;
  const bool closes =
      other && step.peer_state == EndState::Closed && step.s.ack == step.peer_side().last;
  const std::uint32_t acked = closes ? step.s.ack : d->side[step.peer].claim.data.end;
  if (!step.ack || acked == 0 || step.s.ack != acked) return;
  const Duration age = step.s.time - step.slot.first;
  if (!is_plausible(acked - step.peer_side().start, age) ||
      !is_plausible(step.end_seq - step.own_side().start, age)) {
    return;
  }
  step.peer_side().last = acked;
  step.own_side().last = step.end_seq;
  d->side[0].wraps = d->side[1].wraps = 0;
  d->side[step.peer].claim = {};
}

/// Notes whether the peer of an end that repeats a segment acknowledges it.
void Lifecycle::pass_stuck_segment(SegmentStep& step) {
  Detail* d = details_.of(step.slot);
  if (d == nullptr || d->side[step.peer].stuck_times == 0) return;
  Detail::EndDetail& side = d->side[step.peer];
  if (!seq_after(step.s.ack, side.stuck_seq)) {
    side.stuck_peer_sends = true;
    return;
  }
  side.stuck_times = 0;
  if (step.peer_flags().ack_ahead && side.data_end == step.peer_side().last && !d->rst.used)
    step.peer_flags().ack_ahead = 0;
}

void Lifecycle::acknowledge(SegmentStep& step) {
  if (step.peer_state == EndState::Inactive) return;
  const SlotSide& side = step.peer_side();
  SlotSideFlags& flags = step.peer_flags();
  if (step.rst) return acknowledge_by_rst(step);
  pass_stuck_segment(step);
  const Detail* known = details_.of(step.slot);
  const bool wrapped = known != nullptr && known->side[step.peer].wraps > 0;
  if (!wrapped && seq_before(step.s.ack, side.start) && side.last - side.start < 0x80000000u)
    return;
  const std::int32_t ahead = seq_delta(step.s.ack, side.last);
  if (seq_after(step.s.ack, side.start + 1)) flags.acked = 1;
  if (ahead <= 0 && !flags.hole) return;
  if (scope_ == PacketScope::Control) {
    // An acknowledgement of 0 is more likely from a broken stack than from a large connection.
    const bool believed = ahead > 0 && (step.s.ack != 0 || ahead <= kFarOff) &&
                          may_advance(step.slot, step.peer, step.s.ack, step.s.time);
    if (!believed) return;
    flags.last_proven = 1;
  } else if (!below_edge(step.slot, step.peer, step.s.ack)) {
    return;  // the peer has sent an RST, so nothing else has checked the number
  }
  raise_last(step, step.s.ack);
}

/// Raises the peer's `last` to an acknowledgement, and counts what was never seen as missed.
void Lifecycle::raise_last(SegmentStep& step, std::uint32_t to) {
  SlotSide& side = step.peer_side();
  SlotSideFlags& flags = step.peer_flags();
  const std::int32_t ahead = seq_delta(to, side.last);
  const bool control = scope_ == PacketScope::Control;
  const bool clean = is_clean(step.slot, step.peer) && is_clean(step.slot, step.sender);
  const bool fin_sent = (flags.history & kHistFin) != 0;
  const bool may_be_fin = ahead == 1 && !control && (clean || step.slot.flags.syn);
  if (Detail* known = details_.of(step.slot); known != nullptr && ahead > 0)
    settle_lone(step, step.peer, *known, false);
  if (!control && (clean || flags.hole))
    pass_holes(step, (fin_sent && ahead >= 0) || may_be_fin ? side.last - fin_sent : to);
  if (ahead <= 0) return;
  Detail* d =
      (clean && !control) || may_be_fin ? details_.ensure(step.slot) : details_.of(step.slot);
  if (d != nullptr) {
    d->side[step.peer].lone_ack = may_be_fin;
    d->side[step.peer].lone_skipped = may_be_fin && clean;
  }
  if (d != nullptr && !flags.ack_ahead) {
    d->side[step.peer].data_end = side.last;
  }
  if (to < side.last) {
    if (d = details_.ensure(step.slot); d != nullptr) ++d->side[step.peer].wraps;
  }
  const bool beyond = static_cast<std::uint32_t>(ahead) > credit_of(step.slot, step.peer);
  side.last = to;
  if (beyond) set_credit(step.slot, step.peer, kInitialCredit);  // a gap that both ends confirm
  flags.ack_ahead = 1;
}

/// Counts a single number that pass_holes() has left out, because it could be that of a lost FIN:
/// something follows, so it was data. `late`: the data itself has arrived.
void Lifecycle::settle_lone(SegmentStep& step, unsigned end, Detail& detail, bool late) {
  Detail::EndDetail& side = detail.side[end];
  if (!side.lone_skipped) return;
  side.lone_skipped = false;
  if (late) return;
  ++detail.missed;
  count_scaled(step, end, Letter::G, side.gaps);
}

/// PacketScope::Control only: if only the SYN of the peer was seen, the acknowledgement in an RST
/// counts the peer's bytes, which may be more than 2 GiB.
void Lifecycle::acknowledge_by_rst(SegmentStep& step) {
  SlotSide& side = step.peer_side();
  SlotSideFlags& flags = step.peer_flags();
  const bool only_syn = side.last == side.start + 1 && step.peer_state == EndState::Established;
  if (!only_syn || step.s.ack == side.last || step.s.ack == 0) return;
  if (!is_plausible(step.s.ack - side.start, step.s.time - step.slot.first)) return;
  side.last = step.s.ack;
  flags.ack_ahead = flags.acked = flags.last_proven = 1;
  flags.last_is_rst = 1;
}

/// Counts data as missed that was acknowledged but never seen, hole by hole.
void Lifecycle::pass_holes(SegmentStep& step, std::uint32_t ack) {
  SlotSideFlags& flags = step.peer_flags();
  const std::uint32_t whole = step.peer_side().last;
  const Detail* known = flags.hole ? details_.of(step.slot) : nullptr;
  std::uint32_t at = known != nullptr ? known->side[step.peer].delivered : whole;
  if (!seq_after(ack, at)) return;
  Detail* d = details_.ensure(step.slot);
  if (d == nullptr) return;
  Detail::EndDetail& side = d->side[step.peer];
  const bool clean = is_clean(step.slot, step.peer) && is_clean(step.slot, step.sender);
  const auto count_missed = [&](std::uint32_t up_to) {
    if (!clean || !seq_after(up_to, at)) return;
    d->missed += up_to - at;
    count_scaled(step, step.peer, Letter::G, side.gaps);
  };
  for (SeenRange& range : side.seen) {
    if (range.empty() || !seq_before(range.begin, ack)) continue;
    count_missed(range.begin);
    at = range.end;
    range = {};
  }
  count_missed(ack);
  side.delivered = seq_after(ack, at) ? ack : at;
  settle_hole(step, step.peer, side);
}

/// Merges the ranges beyond the hole, and clears the hole if it is filled.
void Lifecycle::settle_hole(SegmentStep& step, unsigned end, Detail::EndDetail& side) {
  for (SeenRange& range : side.seen) {
    if (range.empty() || seq_after(range.begin, side.delivered)) continue;
    if (seq_after(range.end, side.delivered)) side.delivered = range.end;
    range = {};
  }
  if (side.seen[0].empty()) std::swap(side.seen[0], side.seen[1]);
  const bool fin = (step.slot.side_flags[end].history & kHistFin) != 0;
  // A FIN occupies a sequence number without data.
  step.slot.side_flags[end].hole = seq_before(side.delivered, step.slot.side[end].last - fin);
}

/// Keeps the ranges of data beyond a hole until the data in it arrives. A bare ACK or FIN whose
/// number is ahead of the data leaves a hole, too.
void Lifecycle::note_data(SegmentStep& step) {
  if (scope_ == PacketScope::Control || step.state_before == EndState::Reset) return;
  if (step.s.payload > 0) step.own_flags().data = 1;
  const std::uint32_t begin = step.s.seq + step.syn;
  const std::uint32_t end = begin + step.s.payload;
  if (seq_before(begin, step.own_side().start)) return;
  if (!step.own_flags().hole) {
    if (step.own_flags().ack_ahead || !seq_after(begin, step.old_last)) return;
    Detail* d = details_.ensure(step.slot);
    if (d == nullptr) return;
    step.own_flags().hole = 1;
    d->side[step.sender].delivered = step.old_last;
    d->side[step.sender].seen = {SeenRange{begin, end}, SeenRange{}};
    return;
  }
  Detail::EndDetail& side = details_.of(step.slot)->side[step.sender];
  if (!seq_after(begin, side.delivered)) {
    if (seq_after(end, side.delivered)) side.delivered = end;
  } else if (begin != end) {
    keep_range(side, {begin, end});
  }
  settle_hole(step, step.sender, side);
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
