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

bool Lifecycle::sequence_fits(const SegmentStep& t) const {
  // A responder that has only acknowledged the SYN is inactive, but its numbers are known.
  const bool unseen = t.state_before == EndState::Inactive &&
                      (t.syn || t.peer_state != EndState::SynSent || t.own_side().packets() == 0);
  if (unseen || is_unnumbered(t.slot, t.e)) return true;
  // If the peer was not seen, no window is known. Consecutive data is then accepted.
  if (t.peer_state == EndState::Inactive && t.s.seq == t.own_side().last) return true;
  // Both ends of the data are compared, because 2^31 may lie between them.
  return recent_enough(t.slot, details_.of(t.slot), t.e, t.s.seq) &&
         below_edge(t.slot, t.e, t.s.seq) && t.end_seq - t.s.seq < kMaxSegmentSize &&
         below_edge(t.slot, t.e, t.end_seq - t.fin);
}

bool Lifecycle::acknowledgement_fits(const SegmentStep& t) const {
  if (!t.ack || t.peer_state == EndState::Inactive || t.peer_state == EndState::Reset ||
      is_unnumbered(t.slot, t.p)) {
    return true;
  }
  // SYN-RECEIVED: SND.UNA < SEG.ACK ≤ SND.NXT.
  if (t.slot.flags.synack && !t.slot.flags.handshake && t.sender_is_orig) {
    return seq_between(t.s.ack, t.peer_side().start + 1, t.peer_side().last);
  }
  // An old acknowledgement changes nothing, so any since the beginning is accepted.
  const SlotSide& peer = t.peer_side();
  if ((((peer.last - t.s.ack) | (t.s.ack - peer.start - 1)) >> 31) == 0) return true;
  return recent_enough(t.slot, details_.of(t.slot), t.p, t.s.ack) &&
         below_edge(t.slot, t.p, t.s.ack);
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
bool Lifecycle::in_window(SegmentStep& t) {
  if (t.state_before == EndState::Inactive && t.peer_state == EndState::SynSent) {
    // RFC 9293 §3.10.7.3: in SYN-SENT only an acknowledgement of the SYN is acceptable. Another one
    // belongs to an old connection (§3.5.1), but a bare one of the initial number claims nothing.
    const bool bare = t.s.payload == 0 && !t.fin;
    return t.ack && seq_between(t.s.ack, t.peer_side().start + !bare, t.peer_side().last) &&
           (scope_ == PacketScope::Control || sequence_fits(t));
  }
  if (scope_ == PacketScope::Control || t.state_before == EndState::Reset) return true;
  const bool sequence = sequence_fits(t);
  const bool acknowledgement = acknowledgement_fits(t);
  return (sequence && acknowledgement) || resume(t, sequence, acknowledgement);
}

/// Resumes beyond a gap if the other end has claimed the same numbers: the segment begins where the
/// other end's acknowledgement stopped, or acknowledges data that the other end has sent. The gap
/// counts as lost data, unless nothing had confirmed the numbers before it: then they begin anew.
/// Otherwise stores the numbers of `t` as a claim and returns false.
bool Lifecycle::resume(SegmentStep& t, bool sequence, bool acknowledgement) {
  Detail* d = details_.ensure(t.slot);
  if (d == nullptr) return false;
  GapClaim& own = d->side[t.e].claim;
  GapClaim& peer = d->side[t.p].claim;
  const Duration age = t.s.time - t.slot.first;
  const bool confirmed =
      !sequence && peer.has_ack && peer.acked == t.s.seq &&
      (is_unanchored(t.slot, t.e) || is_plausible(t.s.seq - t.own_side().last, age));
  const bool confirms =
      !acknowledgement && t.ack && seq_between(t.s.ack, peer.data.begin + 1, peer.data.end) &&
      !peer.data.empty() &&
      (is_unanchored(t.slot, t.p) || is_plausible(t.s.ack - t.peer_side().last, age));
  if ((sequence || confirmed) && (acknowledgement || confirms)) {
    if (confirmed && is_unanchored(t.slot, t.e)) {
      rebase(t, t.s.seq);
    } else if (confirmed) {
      SegmentStep back(t.slot, t.s, t.p);
      raise_last(back, t.s.seq);
      t.old_last = t.s.seq;
      if (peer.fin_acks) {
        t.confirmed.data = {peer.data.end - 1, peer.data.end};
        t.confirmed.fin = true;
      }
    }
    if (confirms) {
      if (is_unanchored(t.slot, t.p)) {
        Segment first = t.s;
        first.seq = peer.data.begin;
        SegmentStep back(t.slot, first, t.p);
        rebase(back, first.seq);
      }
      t.confirmed = peer;
      t.confirmed.data.end = t.s.ack;
      t.confirmed.fin = peer.fin && t.s.ack == peer.data.end;
    }
    own = peer = {};
    return true;
  }
  const std::uint32_t begin = t.s.seq;
  if (!sequence && begin != t.end_seq) {
    const bool continues = own.segments > 0 && own.data.end == begin;
    own.data = {continues ? own.data.begin : begin, t.end_seq};
    own.fin = t.fin;
    own.fin_acks = false;
    own.has_data_ack = t.ack && acknowledgement;
    own.data_ack = t.s.ack;
    own.segments = static_cast<std::uint16_t>(continues ? std::min(own.segments + 1, 1000) : 1);
  }
  if (!acknowledgement) {
    own.acked = t.s.ack;
    own.has_ack = true;
    own.fin_acks = sequence && t.fin;
    if (own.fin_acks) own.data = {t.end_seq, t.end_seq};
  }
  const bool alone = t.peer_state == EndState::Inactive;
  if (!alone || own.segments < kRunLength) return false;
  rebase(t, own.data.begin);
  own = {};
  return true;
}

/// Applies what the segment confirms of the peer, as one segment: data that was beyond its window,
/// or a FIN whose acknowledgement was. It was captured, so only what is missing before it counts as
/// a gap.
void Lifecycle::apply_confirmed(SegmentStep& t, LifecycleEvents& out) {
  const GapClaim& claim = t.confirmed;
  const bool fin = claim.fin;
  Segment data;
  data.time = t.s.time;
  data.seq = claim.data.begin;
  data.payload = claim.data.end - claim.data.begin - fin;
  data.flags = static_cast<std::uint16_t>((fin ? kFin : 0) | (claim.has_data_ack ? kAck : 0));
  data.ack = claim.data_ack;
  if (!acknowledgement_fits({t.slot, data, t.p})) data.flags &= kFin;
  SegmentStep step(t.slot, data, t.p);
  initialize_sender(step);  // nothing else of this end may have counted yet
  const std::uint32_t credit = credit_of(step.slot, step.e);
  write_history(step);
  apply_numbers(step);
  move_edges(step, credit);
  // Beyond the old edge, the window counts that the confirming acknowledgement offers.
  if (step.own_side().last - step.old_last > credit) set_credit(step.slot, step.e, 0);
  if (fin) t.peer().last_proven = 1;
  collect_events(step, out);
  t.old_last = t.own_side().last;
  t.peer_state = t.slot.state(t.p);
}

/// Resumes at `begin`, from where consecutive data was seen up to the segment of `t`. The gap
/// before adds no bytes, because no peer has confirmed it.
void Lifecycle::rebase(SegmentStep& t, std::uint32_t begin) {
  SlotSide& side = t.own_side();
  Detail& detail = *details_.of(t.slot);
  const std::uint64_t wraps = detail.side[t.e].wraps;
  const std::uint64_t size = span_of(side, wraps) + (t.s.seq - begin);
  side.last = t.s.seq;
  side.start = side.last - static_cast<std::uint32_t>(size);
  detail.side[t.e].wraps = (size + side.start - side.last) >> 32 & 0x7FFFu;
  set_credit(t.slot, t.e, kInitialCredit);
  t.old_last = side.last;
  t.own().hole = 0;
}

/// Moves the right edges that the segment changes.
void Lifecycle::move_edges(SegmentStep& t, std::uint32_t credit_before) {
  const std::uint32_t moved = t.own_side().last - t.old_last;
  const bool passed = moved > credit_before && moved < 0x80000000u;
  if (t.peer_state == EndState::Inactive || passed) {
    const bool only_fin = t.peer_state != EndState::Inactive && moved - t.fin == credit_before;
    set_credit(t.slot, t.e, only_fin ? 0 : kInitialCredit);
  }
  // An acknowledgement that does not fit is from an end that has sent an RST, or to one.
  if (!t.ack || t.rst || !below_edge(t.slot, t.p, t.s.ack)) return;
  const unsigned scale = t.syn ? 0 : t.own_side().scale();
  const std::uint32_t right = t.s.ack + (std::uint32_t{t.s.window} << scale);
  const std::uint32_t last = t.peer_side().last;
  // The windows of the handshake replace the initial credit; later ones only move the edge forward.
  const bool first_offer = t.syn || t.first_acknowledgement;
  first_offer ? set_credit(t.slot, t.p, offered_credit(last, right))
              : raise_credit(t.slot, t.p, right);
}

/// RFC 7323 §2.2: windows are scaled only if both SYNs have the option, so an end that has not yet
/// answered a SYN without it does not scale either.
void Lifecycle::note_window_scale(SegmentStep& t) {
  const bool has = t.s.window_scale != kNoWindowScale;
  change_scale(t.slot, t.e, has ? std::min<unsigned>(t.s.window_scale, kMaxWindowScale) : 0);
  if (!has && (t.ack || t.peer_state == EndState::Inactive)) change_scale(t.slot, t.p, 0);
}

}  // namespace synfin
