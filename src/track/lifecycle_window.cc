// The window rule of Lifecycle: which numbers of a segment are acceptable. See lifecycle.h and
// sequence_window.h.
//
// A segment is in the window (RFC 9293 §3.10.7.4) if its data is between one window below the
// highest number of its sender and the right edge that the peer has offered, and if it acknowledges
// nothing that the peer could not have sent. A segment outside counts as a packet and changes no
// bytes, no state and no history. Captures lose packets: once both ends agree on numbers beyond a
// gap, tracking resumes there.
//
// PacketScope::Control: the rule holds for the handshake. After it no window is known, because the
// data and acknowledgements that open it are not seen. A rate limit (is_plausible()) bounds the
// numbers of a FIN or RST, and two FINs that agree replace others (agree_on_fins()).
#include <algorithm>

#include "synfin/base/sequence.h"
#include "track/lifecycle.h"
#include "track/segment_step.h"
#include "track/sequence_window.h"

namespace synfin {
namespace {

/// Segments in a row after which a one-sided conversation resumes beyond a gap.
constexpr unsigned kRunLength = 3;

/// True if no number of this end can be below `start`: its SYN was seen, and its numbers have not
/// wrapped.
bool starts_at_isn(const Slot& slot, const Detail* detail, unsigned end) {
  const SlotSide& side = slot.side[end];
  const bool wrapped = detail != nullptr && detail->side[end].wraps > 0;
  return (slot.side_flags[end].history & kHistSyn) != 0 && !wrapped &&
         side.last - side.start < lookback(slot.side[end ^ 1u]);
}

/// True if `number` of `end` is at most one window below the highest, or above it.
bool recent_enough(const Slot& slot, const Detail* detail, unsigned end, std::uint32_t number) {
  const SlotSide& side = slot.side[end];
  if (starts_at_isn(slot, detail, end)) return seq_delta(number, side.start) >= 0;
  const std::int64_t below = lookback(slot.side[end ^ 1u]);
  return seq_delta(number, side.last) >= -below;
}

/// True if no packet has shown the numbers of this end.
bool is_unnumbered(const Slot& slot, unsigned end) {
  return slot.adopted() && slot.side[end].packets() == 0;
}

/// True if neither a handshake nor an acknowledgement has confirmed the numbers of this end. Its
/// first packet may have been forged or stray.
bool is_unanchored(const Slot& slot, unsigned end) {
  const bool syn = slot.flags.syn && (end == slot.orig() || slot.flags.synack);
  return !syn && !slot.flags.handshake && !slot.side_flags[end].acked;
}

}  // namespace

bool Lifecycle::sequence_fits(const SegmentStep& step) const {
  // A responder that has only acknowledged the SYN is inactive, but its numbers are known.
  const bool unseen =
      step.state_before == EndState::Inactive &&
      (step.syn || step.peer_state != EndState::SynSent || step.own_side().packets() == 0);
  if (unseen || is_unnumbered(step.slot, step.sender)) return true;
  // If the peer was not seen, no window is known. Consecutive data is then accepted.
  if (step.peer_state == EndState::Inactive && step.s.seq == step.own_side().last) return true;
  // Both ends of the data are compared, because 2^31 may lie between them.
  return recent_enough(step.slot, details_.of(step.slot), step.sender, step.s.seq) &&
         below_edge(step.slot, step.sender, step.s.seq) &&
         step.end_seq - step.s.seq < kMaxSegmentSize &&
         below_edge(step.slot, step.sender, step.end_seq - step.fin);
}

bool Lifecycle::acknowledgement_fits(const SegmentStep& step) const {
  if (!step.ack || step.peer_state == EndState::Inactive || step.peer_state == EndState::Reset ||
      is_unnumbered(step.slot, step.peer)) {
    return true;
  }
  // SYN-RECEIVED: SND.UNA < SEG.ACK ≤ SND.NXT.
  if (step.slot.flags.synack && !step.slot.flags.handshake && step.sender_is_orig) {
    return seq_between(step.s.ack, step.peer_side().start + 1, step.peer_side().last);
  }
  // An old acknowledgement changes nothing, so any since the beginning is accepted.
  const SlotSide& peer = step.peer_side();
  if ((((peer.last - step.s.ack) | (step.s.ack - peer.start - 1)) >> 31) == 0) return true;
  return recent_enough(step.slot, details_.of(step.slot), step.peer, step.s.ack) &&
         below_edge(step.slot, step.peer, step.s.ack);
}

/// True if the number of an RST of `end` is in the window.
bool Lifecycle::rst_fits(const Slot& slot, unsigned end, std::uint32_t number) const {
  return recent_enough(slot, details_.of(slot), end, number) && below_edge(slot, end, number);
}

bool Lifecycle::is_straggler(const Slot& slot, const Segment& s, unsigned sender) const {
  const unsigned peer = sender ^ 1u;
  const EndState own = slot.state(sender);
  const EndState other = slot.state(peer);
  const bool closed = own == EndState::Closed && other == EndState::Closed;
  const bool reset = own == EndState::Reset || other == EndState::Reset;
  const bool unanswered = own == EndState::Inactive && other == EndState::SynSent;
  // After a time-out, a connection may continue: its packets begin another record.
  if (!closed && !reset && !(unanswered && (s.flags & kRst) != 0)) return false;
  const auto near = [&](unsigned end, std::uint32_t number) {
    return recent_enough(slot, nullptr, end, number) && below_edge(slot, end, number);
  };
  const bool numbered = own != EndState::Inactive && (s.flags & kRst) == 0;
  if (numbered && !near(sender, s.seq)) return false;
  return (s.flags & kAck) == 0 || other == EndState::Inactive || near(peer, s.ack);
}

/// The window rule for segments without SYN and RST.
bool Lifecycle::in_window(SegmentStep& step) {
  if (step.state_before == EndState::Inactive && step.peer_state == EndState::SynSent) {
    // RFC 9293 §3.10.7.3: in SYN-SENT only an acknowledgement of the SYN is acceptable. Another one
    // belongs to an old connection (§3.5.1), but a bare one of the initial number claims nothing.
    const bool bare = step.s.payload == 0 && !step.fin;
    return step.ack &&
           seq_between(step.s.ack, step.peer_side().start + !bare, step.peer_side().last) &&
           (scope_ == PacketScope::Control || sequence_fits(step));
  }
  if (scope_ == PacketScope::Control || step.state_before == EndState::Reset) return true;
  const bool sequence = sequence_fits(step);
  const bool acknowledgement = acknowledgement_fits(step);
  return (sequence && acknowledgement) || resume(step, sequence, acknowledgement);
}

/// Resumes beyond a gap if the other end has claimed the same numbers: the segment begins where the
/// other end's acknowledgement stopped, or acknowledges data that the other end has sent. The gap
/// counts as lost data, unless nothing had confirmed the numbers before it: then they begin anew.
/// Otherwise stores the numbers of `step` as a claim and returns false.
bool Lifecycle::resume(SegmentStep& step, bool sequence, bool acknowledgement) {
  Detail* d = details_.ensure(step.slot);
  if (d == nullptr) return false;
  GapClaim& own = d->side[step.sender].claim;
  GapClaim& peer = d->side[step.peer].claim;
  const Duration age = step.s.time - step.slot.first;
  const bool confirmed = !sequence && peer.has_ack && peer.acked == step.s.seq &&
                         (is_unanchored(step.slot, step.sender) ||
                          is_plausible(step.s.seq - step.own_side().last, age));
  const bool confirms = !acknowledgement && step.ack &&
                        seq_between(step.s.ack, peer.data.begin + 1, peer.data.end) &&
                        !peer.data.empty() &&
                        (is_unanchored(step.slot, step.peer) ||
                         is_plausible(step.s.ack - step.peer_side().last, age));
  if ((sequence || confirmed) && (acknowledgement || confirms)) {
    if (confirmed && is_unanchored(step.slot, step.sender)) {
      rebase(step, step.s.seq);
    } else if (confirmed) {
      SegmentStep back(step.slot, step.s, step.peer);
      raise_last(back, step.s.seq);
      step.old_last = step.s.seq;
      if (peer.fin_acks) {
        step.confirmed.data = {peer.data.end - 1, peer.data.end};
        step.confirmed.fin = true;
      }
    }
    if (confirms) {
      if (is_unanchored(step.slot, step.peer)) {
        Segment first = step.s;
        first.seq = peer.data.begin;
        SegmentStep back(step.slot, first, step.peer);
        rebase(back, first.seq);
      }
      step.confirmed = peer;
      step.confirmed.data.end = step.s.ack;
      step.confirmed.fin = peer.fin && step.s.ack == peer.data.end;
    }
    own = peer = {};
    return true;
  }
  const std::uint32_t begin = step.s.seq;
  if (!sequence && begin != step.end_seq) {
    const bool continues = own.segments > 0 && own.data.end == begin;
    own.data = {continues ? own.data.begin : begin, step.end_seq};
    own.fin = step.fin;
    own.fin_acks = false;
    own.has_data_ack = step.ack && acknowledgement;
    own.data_ack = step.s.ack;
    own.segments = static_cast<std::uint16_t>(continues ? std::min(own.segments + 1, 1000) : 1);
  }
  if (!acknowledgement) {
    own.acked = step.s.ack;
    own.has_ack = true;
    own.fin_acks = sequence && step.fin;
    if (own.fin_acks) own.data = {step.end_seq, step.end_seq};
  }
  const bool alone = step.peer_state == EndState::Inactive;
  if (!alone || own.segments < kRunLength) return false;
  rebase(step, own.data.begin);
  own = {};
  return true;
}

/// Applies what the segment confirms of the peer, as one segment: data that was beyond its window,
/// or a FIN whose acknowledgement was. It was captured, so only what is missing before it counts as
/// a gap.
void Lifecycle::apply_confirmed(SegmentStep& step, LifecycleEvents& out) {
  const GapClaim& claim = step.confirmed;
  const bool fin = claim.fin;
  Segment data;
  data.time = step.s.time;
  data.seq = claim.data.begin;
  data.payload = claim.data.end - claim.data.begin - fin;
  data.flags = static_cast<std::uint16_t>((fin ? kFin : 0) | (claim.has_data_ack ? kAck : 0));
  data.ack = claim.data_ack;
  if (!acknowledgement_fits({step.slot, data, step.peer})) data.flags &= kFin;
  SegmentStep peer_step(step.slot, data, step.peer);
  initialize_sender(peer_step);  // nothing else of this end may have counted yet
  const std::uint32_t credit = credit_of(peer_step.slot, peer_step.sender);
  write_history(peer_step);
  apply_numbers(peer_step);
  move_edges(peer_step, credit);
  // Beyond the old edge, the window counts that the confirming acknowledgement offers.
  if (peer_step.own_side().last - peer_step.old_last > credit)
    set_credit(peer_step.slot, peer_step.sender, 0);
  if (fin) step.peer_flags().last_proven = 1;
  collect_events(peer_step, out);
  step.old_last = step.own_side().last;
  step.peer_state = step.slot.state(step.peer);
}

/// Resumes at `begin`, from where consecutive data was seen up to the segment of `step`. The gap
/// before adds no bytes, because no peer has confirmed it.
void Lifecycle::rebase(SegmentStep& step, std::uint32_t begin) {
  SlotSide& side = step.own_side();
  Detail& detail = *details_.of(step.slot);
  const std::uint64_t wraps = detail.side[step.sender].wraps;
  const std::uint64_t size = span_of(side, wraps) + (step.s.seq - begin);
  side.last = step.s.seq;
  side.start = side.last - static_cast<std::uint32_t>(size);
  detail.side[step.sender].wraps = (size + side.start - side.last) >> 32 & 0x7FFFu;
  set_credit(step.slot, step.sender, kInitialCredit);
  step.old_last = side.last;
  step.own_flags().hole = 0;
}

/// Moves the right edges that the segment changes.
void Lifecycle::move_edges(SegmentStep& step, std::uint32_t credit_before) {
  const std::uint32_t moved = step.own_side().last - step.old_last;
  const bool passed = moved > credit_before && moved < 0x80000000u;
  if (step.peer_state == EndState::Inactive || passed) {
    const bool only_fin =
        step.peer_state != EndState::Inactive && moved - step.fin == credit_before;
    set_credit(step.slot, step.sender, only_fin ? 0 : kInitialCredit);
  }
  // An acknowledgement that does not fit is from an end that has sent an RST, or to one.
  if (!step.ack || step.rst || !below_edge(step.slot, step.peer, step.s.ack)) return;
  const unsigned scale = step.syn ? 0 : step.own_side().scale();
  const std::uint32_t right = step.s.ack + (std::uint32_t{step.s.window} << scale);
  const std::uint32_t last = step.peer_side().last;
  // The windows of the handshake replace the initial credit; later ones only move the edge forward.
  const bool first_offer = step.syn || step.first_acknowledgement;
  first_offer ? set_credit(step.slot, step.peer, offered_credit(last, right))
              : raise_credit(step.slot, step.peer, right);
}

/// RFC 7323 §2.2: windows are scaled only if both SYNs have the option, so an end that has not yet
/// answered a SYN without it does not scale either.
void Lifecycle::note_window_scale(SegmentStep& step) {
  const bool has = step.s.window_scale != kNoWindowScale;
  change_scale(step.slot, step.sender,
               has ? std::min<unsigned>(step.s.window_scale, kMaxWindowScale) : 0);
  if (!has && (step.ack || step.peer_state == EndState::Inactive))
    change_scale(step.slot, step.peer, 0);
}

}  // namespace synfin
