// The handshake and resets in Lifecycle: which SYN-ACK and which RST count. See lifecycle.h.
#include <algorithm>

#include "synfin/base/sequence.h"
#include "track/lifecycle.h"
#include "track/segment_step.h"
#include "track/sequence_window.h"

namespace synfin {

/// True if a SYN-ACK belongs to the connection: it acknowledges the SYN, and its number is the one
/// of an earlier SYN-ACK (RFC 9293 §3.10.7.3 and §3.10.7.4). Another number is stored until the
/// originator acknowledges one of them.
bool Lifecycle::synack_fits(SegmentStep& step) {
  const bool syn_seen = (step.peer_flags().history & kHistSyn) != 0;
  if (syn_seen && !seq_between(step.s.ack, step.peer_side().start + 1, step.peer_side().last))
    return false;
  const bool has_synack = (step.own_flags().history & kHistSyn) != 0;
  if (scope_ == PacketScope::All && step.state_before != EndState::Reset) {
    // Without the SYN or SYN-ACK, the numbers of other segments show what fits.
    if (!syn_seen && !acknowledgement_fits(step)) return false;
    if (!has_synack && !sequence_fits(step)) return false;
  }
  if (!has_synack) check_early_acknowledgement(step);
  if (!has_synack || step.s.seq == step.own_side().start) return true;
  if (!step.slot.flags.handshake && !step.sender_is_orig && !step.slot.flags.ended)
    store_synack(step);
  return false;
}

/// The originator's acknowledgement was captured before the SYN-ACK: it proves the handshake only
/// if it acknowledges this SYN-ACK.
void Lifecycle::check_early_acknowledgement(SegmentStep& step) {
  const SlotSide& side = step.own_side();
  if (step.sender_is_orig || step.slot.flags.synack || step.state_before != EndState::Inactive)
    return;
  const std::uint32_t acknowledged = side.last - step.s.seq;
  if (acknowledged >= lookback(step.peer_side())) step.slot.flags.handshake = 0;
}

void Lifecycle::store_synack(SegmentStep& step) {
  Detail* d = details_.ensure(step.slot);
  if (d == nullptr) return;
  for (OtherSynAck& other : d->other_synacks) {
    if (other.used && other.isn != step.s.seq) continue;
    if (other.used) return;  // a repetition
    other.used = true;
    other.isn = step.s.seq;
    other.window = step.s.window;
    other.scale = static_cast<std::uint8_t>(
        step.s.window_scale == kNoWindowScale ? 0u : std::min<unsigned>(step.s.window_scale, 14));
    other.rtt.set(step.s.time - step.slot.first);
    return;
  }
}

/// If the segment agrees with another SYN-ACK than the first one, makes that one the connection's.
void Lifecycle::choose_synack(SegmentStep& step) {
  Detail* d = step.slot.flags.handshake ? nullptr : details_.of(step.slot);
  if (d == nullptr || !d->other_synacks[0].used) return;
  const unsigned resp = step.slot.resp();
  SlotSide& side = step.slot.side[resp];
  if (step.syn || (step.sender_is_orig && !step.ack)) return;
  if (step.slot.state(resp) == EndState::Closed) return;  // its FIN has agreed with the first one
  // The originator's acknowledgement, or the responder's own number, is just above the right one.
  const std::uint32_t number = step.sender_is_orig ? step.s.ack : step.s.seq;
  const auto distance = [&](std::uint32_t isn) { return number - isn - 1; };
  OtherSynAck* best = nullptr;
  for (OtherSynAck& other : d->other_synacks) {
    if (!other.used || distance(other.isn) >= distance(best != nullptr ? best->isn : side.start))
      continue;
    best = &other;
  }
  if (best == nullptr || (scope_ == PacketScope::All && distance(best->isn) > kInitialCredit))
    return;
  if (scope_ == PacketScope::All && !step.sender_is_orig) return;
  side.start = best->isn;
  side.last = best->isn + 1;
  d->side[resp].wraps = 0;
  d->rst.used &= d->rst.end != resp;  // its number belonged to the other SYN-ACK
  change_scale(step.slot, resp, best->scale);
  set_credit(step.slot, resp, kInitialCredit);
  if (step.slot.synack_rtt.known()) step.slot.synack_rtt = best->rtt;
  if (resp == step.sender) step.old_last = side.last;
  d->other_synacks = {};
}

/// How far the number of an RST agrees with the connection (RFC 9293 §3.5.3, RFC 5961 §3.2).
Lifecycle::RstCheck Lifecycle::check_rst(const SegmentStep& step) const {
  const SlotSide& side = step.own_side();
  const SlotSide& peer = step.peer_side();
  if (step.state_before == EndState::Inactive && step.peer_state == EndState::SynSent &&
      !step.sender_is_orig) {
    // RFC 9293 §3.10.7.3: the RST that refuses a SYN acknowledges it.
    const bool fits = !step.ack || seq_between(step.s.ack, peer.start + 1, peer.last);
    return fits ? RstCheck::Exact : RstCheck::Outside;
  }
  if (step.state_before == EndState::SynSent && step.peer_state == EndState::Inactive) {
    // With the number that follows the SYN, or with the SYN's own as some stacks send it, the RST
    // ends this connection. With the number that the responder has just acknowledged, or with any
    // other, it clears stale state of the responder (RFC 9293 §3.5.1).
    const Detail* d = details_.of(step.slot);
    const GapClaim* claim = d != nullptr ? &d->side[step.peer].claim : nullptr;
    if (claim != nullptr && claim->has_ack && claim->acked == step.s.seq && !step.ack)
      return RstCheck::Stale;
    if (seq_between(step.s.seq, side.start, side.last)) return RstCheck::Exact;
    return step.ack ? RstCheck::Outside : RstCheck::Stale;
  }
  if (scope_ == PacketScope::Control || step.state_before == EndState::Reset ||
      step.slot.adopted()) {
    return RstCheck::Unchecked;
  }
  if (step.state_before == EndState::Inactive) {
    // RFC 9293 §3.10.7.1: a closed port resets with SEG.ACK, or acknowledges a segment without ACK.
    const bool numbered = side.start != 0 || side.last != 0;
    if (step.peer_state == EndState::Inactive || !numbered) return RstCheck::Unchecked;
    if (step.s.seq == side.last + 1) return RstCheck::Exact;
  }
  // While the peer has not acknowledged a FIN, it expects the number of the FIN.
  const bool fin_sent = step.state_before == EndState::Closed;
  if (step.s.seq == side.last || (fin_sent && step.s.seq == side.last - 1)) return RstCheck::Exact;
  if (!rst_fits(step.slot, step.sender, step.s.seq)) return RstCheck::Outside;
  return step.slot.flags.ended ? RstCheck::Unchecked : RstCheck::Candidate;
}

/// An RST of the originator that nothing has checked, mostly in PacketScope::Control: if it has
/// another number than the SYN-ACK acknowledges, the originator has sent data, and was therefore
/// connected.
void Lifecycle::check_number_of_rst(SegmentStep& step) {
  const SlotFlags& flags = step.slot.flags;
  const bool numbered =
      step.sender_is_orig && step.state_before == EndState::Inactive && flags.synack;
  if (numbered && step.s.seq != step.own_side().last + 1) step.slot.flags.handshake = 1;
}

/// Stores an RST that is in the window but not exact, and writes its letter. Returns false if there
/// is no space for it.
bool Lifecycle::store_rst(SegmentStep& step) {
  Detail* d = details_.ensure(step.slot);
  if (d == nullptr) return false;
  d->rst = {step.s.time, step.s.seq, static_cast<std::uint8_t>(step.sender),
            step.s.ttl,  step.ack,   true};
  write_history(step);
  d->side[step.sender].last_rst = step.s.seq;
  if (!step.own_flags().ack_ahead) {
    // Keeps segments from the fast path, which does not check for a stored RST.
    step.own_flags().ack_ahead = 1;
    d->side[step.sender].data_end = step.own_side().last;
  }
  return true;
}

/// Drops a stored RST if the segment proves that it had no effect: its sender continues, or the
/// other end does (RFC 5961 §3.2 lets it answer with a challenge ACK). Returns true if it dropped
/// one.
bool Lifecycle::disprove_stored_rst(SegmentStep& step) {
  Detail* d = details_.of(step.slot);
  if (d == nullptr || !d->rst.used) return false;
  if (step.rst) {
    d->rst.used = false;  // the new RST replaces it
    return false;
  }
  if (step.sender == d->rst.end && step.s.payload == 0 && !step.fin) return false;
  // Data that the capture delivered late may lead up to the number of the RST.
  if (step.sender == d->rst.end && step.end_seq == d->rst.seq) return false;
  d->rst.used = false;
  SlotSideFlags& sender = step.slot.side_flags[d->rst.end];
  if (d->side[d->rst.end].data_end == step.slot.side[d->rst.end].last) sender.ack_ahead = 0;
  return true;
}

/// After a segment has changed the numbers: ends the connection if they have reached the stored
/// RST, which is then exact, and drops an RST that is outside the new window.
void Lifecycle::recheck_stored_rst(SegmentStep& step, LifecycleEvents& out) {
  Detail* d = details_.of(step.slot);
  if (d == nullptr || !d->rst.used) return;
  if (d->rst.end == step.sender && d->rst.seq == step.own_side().last) {
    for (const EventKind kind : settle_rst(step.slot)) out.add(kind);
  } else if (!rst_fits(step.slot, d->rst.end, d->rst.seq)) {
    d->rst.used = false;
    out.forged_rst = true;
  }
}

/// No end sends data or a FIN after its own RST, so they prove that the RST was forged. With all
/// packets they must continue exactly where the sender had stopped, and within its window.
bool Lifecycle::disprove_rst(SegmentStep& step) {
  if (step.state_before != EndState::Reset || step.rst || step.syn) return false;
  const auto previous = static_cast<EndState>(step.own_flags().previous);
  if (scope_ == PacketScope::All) {
    const bool continues = (step.s.payload > 0 || step.fin) && step.s.seq == step.own_side().last &&
                           step.end_seq - step.s.seq < kMaxSegmentSize &&
                           below_edge(step.slot, step.sender, step.end_seq - step.fin);
    if (!continues || previous == EndState::Inactive || previous == EndState::SynSent ||
        step.peer_state == EndState::Reset) {
      return false;
    }
  } else if (!step.fin || !step.slot.flags.synack) {
    return false;
  }
  const EndState restored = scope_ == PacketScope::All ? previous : EndState::Established;
  step.become(restored);
  step.state_before = restored;
  if (scope_ == PacketScope::Control) forget_rst_numbers(step);
  if (step.peer_state == EndState::Reset) return true;
  step.own_flags().closed = 0;
  step.slot.flags.ended = 0;
  step.slot.flags.rst_basis = 0;
  step.slot.flags.closed_by = step.peer_state == EndState::Closed ? (1 + step.peer) & 3u : 0;
  return true;
}

/// PacketScope::Control only: takes back the numbers that came from a forged RST.
void Lifecycle::forget_rst_numbers(SegmentStep& step) {
  Detail* d = details_.of(step.slot);
  if (step.own_flags().last_is_rst) {
    step.own_side().last = step.own_side().start + 1;
    if (d != nullptr) d->side[step.sender].wraps = 0;
    step.own_flags().last_is_rst = step.own_flags().last_proven = 0;
  }
  if (step.peer_flags().last_is_rst &&
      step.peer_flags().ack_ahead) {  // only that RST acknowledged it
    step.peer_side().last = step.peer_side().start + 1;
    if (d != nullptr) d->side[step.peer].wraps = 0;
    step.peer_flags().last_is_rst = step.peer_flags().last_proven = step.peer_flags().ack_ahead = 0;
  }
}

/// A SYN-ACK that answers the SYN after an RST has refused it: the RST was forged.
bool Lifecycle::disprove_refusal(SegmentStep& step) {
  const bool refused = step.state_before == EndState::Reset && step.slot.flags.ended &&
                       step.own_flags().previous == static_cast<unsigned>(EndState::Inactive) &&
                       step.peer_state == EndState::SynSent;
  if (!refused || !step.syn || !step.ack || step.rst) return false;
  step.own_flags().state = 0;
  step.own_flags().closed = step.own_flags().last_is_rst = step.own_flags().last_proven = 0;
  step.state_before = EndState::Inactive;
  step.slot.flags.ended = 0;
  step.slot.flags.rst_basis = 0;
  step.slot.flags.closed_by = 0;
  return true;
}

void Lifecycle::measure_rtt(SegmentStep& step) {
  Slot& slot = step.slot;
  if (step.syn && step.ack && !step.rst && step.sender_is_orig &&
      step.peer_state == EndState::Established) {
    note_crossed_synack(step);
  } else if (step.syn && step.ack && !step.rst && !step.sender_is_orig) {
    const bool first_answer = !slot.flags.synack;
    if (!first_answer && step.s.seq == step.own_side().start) note_repeated_synack(step);
    slot.flags.synack = 1;
    if (first_answer && !slot.flags.ended) slot.set_end_ttl(step.s.ttl);
    if (Detail* d = details_.of(slot); d != nullptr && first_answer) {
      d->side[step.sender].claim = {};
      if (d->side[step.peer].crossed_synack) slot.flags.handshake = 1;
    }
    if (first_answer && !slot.flags.syn) slot.forget_probe();
    if (first_answer && slot.flags.syn && slot.syn_retries() == 0)
      slot.synack_rtt.set(step.s.time - slot.first);
  } else if (step.first_acknowledgement) {
    slot.flags.handshake = 1;
    if (scope_ == PacketScope::All && !slot.flags.synack_repeated && slot.synack_rtt.known())
      slot.ack_rtt.set(step.s.time - slot.first - slot.synack_rtt.get());
  } else if (proves_handshake_alone(step) || proves_simultaneous_open(step)) {
    slot.flags.handshake = 1;
  }
}

/// A SYN-ACK of the originator: in a simultaneous open (RFC 9293 §3.5), the handshake is complete
/// when both ends have acknowledged the other SYN.
void Lifecycle::note_crossed_synack(SegmentStep& step) {
  Slot& slot = step.slot;
  const bool crosses = !slot.flags.synack && (step.peer_flags().history & kHistSyn) != 0;
  Detail* d = crosses ? details_.ensure(slot) : nullptr;
  if (d == nullptr) {
    slot.flags.handshake = 1;
  } else if (d->side[step.sender].crossed_synack) {
    note_repeated_synack(step);
  } else {
    d->side[step.sender].crossed_synack = true;
  }
}

void Lifecycle::note_repeated_synack(SegmentStep& step) {
  step.announces_half_open = !step.slot.flags.synack_repeated;
  step.slot.flags.synack_repeated = 1;
  // Before the handshake is complete, a responder sends hardly anything but SYN-ACKs.
  if (is_milestone(step.own_side().packets() - 1u)) step.announces_half_open = true;
}

/// After two SYNs that crossed, an end sends nothing but SYN-ACKs until the other end has
/// acknowledged its SYN.
bool Lifecycle::proves_simultaneous_open(const SegmentStep& step) {
  const bool crossed = (step.own_flags().history & step.peer_flags().history & kHistSyn) != 0;
  return crossed && !step.slot.flags.synack && !step.slot.flags.handshake && step.ack &&
         !step.syn && !step.rst && seq_after(step.s.ack, step.peer_side().start);
}

/// One direction only: an end that continues after its SYN or SYN-ACK, with data and an
/// acknowledgement, or with acknowledgements that grow, was answered on a route that the capture
/// does not see. After a SYN, any acknowledgement in order shows this, because a host that has no
/// SYN-ACK acknowledges nothing (RFC 9293 §3.10.7.3).
bool Lifecycle::proves_handshake_alone(const SegmentStep& step) const {
  if (scope_ == PacketScope::Control || step.peer_state != EndState::Inactive ||
      step.slot.flags.handshake || step.syn || step.rst || !step.ack) {
    return false;
  }
  const bool began = step.sender_is_orig ? step.slot.flags.syn : step.slot.flags.synack;
  const std::uint32_t acked_before = step.peer_acked_before;
  const bool grows = step.peer_acked_known && seq_after(step.s.ack, acked_before);
  const bool in_order = seq_between(step.s.seq, step.own_side().start + 1, step.own_side().last);
  return began && (step.s.payload > 0 || grows || (step.sender_is_orig && in_order));
}

/// True if the RST is the first answer to the segment that ended a silence. An idle timer often has
/// no other effect: a firewall or a host resets what it no longer knows.
bool Lifecycle::answers_silence(const SegmentStep& step, const Detail& detail) {
  constexpr std::uint32_t kMaxAnswer = 2'000;
  return detail.idle != kNoDuration && detail.idle_ender != step.sender &&
         milliseconds_of(step.s.time) - detail.idle_end <= kMaxAnswer &&
         static_cast<std::uint16_t>(step.own_side().packets() - detail.idle_peer_packets) == 1;
}

/// Stores the evidence of the cause that the final RST carries. A firewall resets a
/// connection in the name of a host, and its packets have another TTL than the host's own.
void Lifecycle::note_reset(SegmentStep& step) {
  Slot& slot = step.slot;
  const std::uint8_t answered = slot.flags.synack ? slot.end_ttl() : std::uint8_t{0};
  const bool differs = !step.sender_is_orig && answered != 0 && answered != step.s.ttl;
  // With control packets only, data may have passed unseen, unless the numbers exclude it.
  const bool silent =
      scope_ == PacketScope::All ||
      (step.ack && step.own_side().last == step.own_side().start + 1 &&
       step.peer_side().last == step.peer_side().start + 1 && step.s.ack == step.peer_side().last);
  Detail* d = details_.of(slot);
  const bool answers = d != nullptr && answers_silence(step, *d);
  const bool idle = slot.flags.opened && silent && (answers || step.silence >= kMinIdle);
  if (d == nullptr && (differs || idle)) d = details_.ensure_if_half_free(slot);
  if (d != nullptr) {
    if (differs) d->answer_ttl = answered;
    if (!answers) d->idle = idle ? step.silence : kNoDuration;
  }
  slot.set_end_ttl(step.s.ttl);
}

/// Ends the connection by its stored RST.
LifecycleEvents Lifecycle::settle_rst(Slot& slot) {
  LifecycleEvents out;
  Detail* d = details_.of(slot);
  if (d == nullptr || !d->rst.used || slot.flags.ended) return out;
  Segment s;
  s.time = d->rst.time;
  s.seq = d->rst.seq;
  s.ttl = d->rst.ttl;
  s.flags = kRst;  // its acknowledgement was not stored
  const unsigned end = d->rst.end;
  d->rst.used = false;
  SegmentStep step(slot, s, end);
  step.rst_basis = RstBasis::Confirmed;
  apply_numbers(step);
  collect_events(step, out);
  return out;
}

}  // namespace synfin
