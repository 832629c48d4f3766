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
bool Lifecycle::synack_fits(SegmentStep& t) {
  const bool syn_seen = (t.peer().history & kHistSyn) != 0;
  if (syn_seen && !seq_between(t.s.ack, t.peer_side().start + 1, t.peer_side().last)) return false;
  const bool has_synack = (t.own().history & kHistSyn) != 0;
  if (scope_ == PacketScope::All && t.state_before != EndState::Reset) {
    // Without the SYN or SYN-ACK, the numbers of other segments show what fits.
    if (!syn_seen && !acknowledgement_fits(t)) return false;
    if (!has_synack && !sequence_fits(t)) return false;
  }
  if (!has_synack || t.s.seq == t.own_side().start) return true;
  if (!t.slot.flags.handshake && !t.sender_is_orig && !t.slot.flags.ended) store_synack(t);
  return false;
}

void Lifecycle::store_synack(SegmentStep& t) {
  Detail* d = details_.ensure(t.slot);
  if (d == nullptr) return;
  for (OtherSynAck& other : d->other_synacks) {
    if (other.used && other.isn != t.s.seq) continue;
    if (other.used) return;  // a repetition
    other.used = true;
    other.isn = t.s.seq;
    other.window = t.s.window;
    other.scale = static_cast<std::uint8_t>(
        t.s.window_scale == kNoWindowScale ? 0u : std::min<unsigned>(t.s.window_scale, 14));
    other.rtt.set(t.s.time - t.slot.first);
    return;
  }
}

/// If the segment agrees with another SYN-ACK than the first one, makes that one the connection's.
void Lifecycle::choose_synack(SegmentStep& t) {
  Detail* d = t.slot.flags.handshake ? nullptr : details_.of(t.slot);
  if (d == nullptr || !d->other_synacks[0].used) return;
  const unsigned resp = t.slot.resp();
  SlotSide& side = t.slot.side[resp];
  if (t.syn || (t.sender_is_orig && !t.ack)) return;
  if (t.slot.state(resp) == EndState::Closed) return;  // its FIN has agreed with the first one
  // The originator's acknowledgement, or the responder's own number, is just above the right one.
  const std::uint32_t number = t.sender_is_orig ? t.s.ack : t.s.seq;
  const auto distance = [&](std::uint32_t isn) { return number - isn - 1; };
  OtherSynAck* best = nullptr;
  for (OtherSynAck& other : d->other_synacks) {
    if (!other.used || distance(other.isn) >= distance(best != nullptr ? best->isn : side.start))
      continue;
    best = &other;
  }
  if (best == nullptr || (scope_ == PacketScope::All && distance(best->isn) > kInitialCredit))
    return;
  if (scope_ == PacketScope::All && !t.sender_is_orig) return;
  side.start = best->isn;
  side.last = best->isn + 1;
  d->side[resp].wraps = 0;
  d->rst.used &= d->rst.end != resp;  // its number belonged to the other SYN-ACK
  change_scale(t.slot, resp, best->scale);
  set_credit(t.slot, resp, kInitialCredit);
  if (t.slot.synack_rtt.known()) t.slot.synack_rtt = best->rtt;
  if (resp == t.e) t.old_last = side.last;
  d->other_synacks = {};
}

/// How far the number of an RST agrees with the connection (RFC 9293 §3.5.3, RFC 5961 §3.2).
Lifecycle::RstCheck Lifecycle::check_rst(const SegmentStep& t) const {
  const SlotSide& side = t.own_side();
  const SlotSide& peer = t.peer_side();
  if (t.state_before == EndState::Inactive && t.peer_state == EndState::SynSent &&
      !t.sender_is_orig) {
    // RFC 9293 §3.10.7.3: the RST that refuses a SYN acknowledges it.
    const bool fits = !t.ack || seq_between(t.s.ack, peer.start + 1, peer.last);
    return fits ? RstCheck::Exact : RstCheck::Outside;
  }
  if (t.state_before == EndState::SynSent && t.peer_state == EndState::Inactive) {
    // With the number that follows the SYN, or with the SYN's own as some stacks send it, the RST
    // ends this connection. With the number that the responder has just acknowledged, or with any
    // other, it clears stale state of the responder (RFC 9293 §3.5.1).
    const Detail* d = details_.of(t.slot);
    const GapClaim* claim = d != nullptr ? &d->side[t.p].claim : nullptr;
    if (claim != nullptr && claim->has_ack && claim->acked == t.s.seq && !t.ack)
      return RstCheck::Stale;
    if (seq_between(t.s.seq, side.start, side.last)) return RstCheck::Exact;
    return t.ack ? RstCheck::Outside : RstCheck::Stale;
  }
  if (scope_ == PacketScope::Control || t.state_before == EndState::Reset || t.slot.adopted()) {
    return RstCheck::Unchecked;
  }
  if (t.state_before == EndState::Inactive) {
    // RFC 9293 §3.10.7.1: a closed port resets with SEG.ACK, or acknowledges a segment without ACK.
    const bool numbered = side.start != 0 || side.last != 0;
    if (t.peer_state == EndState::Inactive || !numbered) return RstCheck::Unchecked;
    if (t.s.seq == side.last + 1) return RstCheck::Exact;
  }
  // While the peer has not acknowledged a FIN, it expects the number of the FIN.
  const bool fin_sent = t.state_before == EndState::Closed;
  if (t.s.seq == side.last || (fin_sent && t.s.seq == side.last - 1)) return RstCheck::Exact;
  if (!rst_fits(t.slot, t.e, t.s.seq)) return RstCheck::Outside;
  return t.slot.flags.ended ? RstCheck::Unchecked : RstCheck::Candidate;
}

/// Stores an RST that is in the window but not exact, and writes its letter. Returns false if there
/// is no space for it.
bool Lifecycle::store_rst(SegmentStep& t) {
  Detail* d = details_.ensure(t.slot);
  if (d == nullptr) return false;
  d->rst = {t.s.time, t.s.seq, static_cast<std::uint8_t>(t.e), t.s.ttl, t.ack, true};
  write_history(t);
  d->side[t.e].last_rst = t.s.seq;
  if (!t.own().ack_ahead) {
    // Keeps segments from the fast path, which does not check for a stored RST.
    t.own().ack_ahead = 1;
    d->side[t.e].data_end = t.own_side().last;
  }
  return true;
}

/// Drops a stored RST if the segment proves that it had no effect: its sender continues, or the
/// other end does (RFC 5961 §3.2 lets it answer with a challenge ACK). Returns true if it dropped
/// one.
bool Lifecycle::disprove_stored_rst(SegmentStep& t) {
  Detail* d = details_.of(t.slot);
  if (d == nullptr || !d->rst.used) return false;
  if (t.rst) {
    d->rst.used = false;  // the new RST replaces it
    return false;
  }
  if (t.e == d->rst.end && t.s.payload == 0 && !t.fin) return false;
  // Data that the capture delivered late may lead up to the number of the RST.
  if (t.e == d->rst.end && t.end_seq == d->rst.seq) return false;
  d->rst.used = false;
  SlotSideFlags& sender = t.slot.side_flags[d->rst.end];
  if (d->side[d->rst.end].data_end == t.slot.side[d->rst.end].last) sender.ack_ahead = 0;
  return true;
}

/// After a segment has changed the numbers: ends the connection if they have reached the stored
/// RST, which is then exact, and drops an RST that is outside the new window.
void Lifecycle::recheck_stored_rst(SegmentStep& t, LifecycleEvents& out) {
  Detail* d = details_.of(t.slot);
  if (d == nullptr || !d->rst.used) return;
  if (d->rst.end == t.e && d->rst.seq == t.own_side().last) {
    for (const EventKind kind : settle_rst(t.slot)) out.add(kind);
  } else if (!rst_fits(t.slot, d->rst.end, d->rst.seq)) {
    d->rst.used = false;
    out.forged_rst = true;
  }
}

/// No end sends data or a FIN after its own RST, so they prove that the RST was forged. With all
/// packets they must continue exactly where the sender had stopped, and within its window.
bool Lifecycle::disprove_rst(SegmentStep& t) {
  if (t.state_before != EndState::Reset || t.rst || t.syn) return false;
  const auto previous = static_cast<EndState>(t.own().previous);
  if (scope_ == PacketScope::All) {
    const bool continues = (t.s.payload > 0 || t.fin) && t.s.seq == t.own_side().last &&
                           t.end_seq - t.s.seq < kMaxSegmentSize &&
                           below_edge(t.slot, t.e, t.end_seq - t.fin);
    if (!continues || previous == EndState::Inactive || previous == EndState::SynSent ||
        t.peer_state == EndState::Reset) {
      return false;
    }
  } else if (!t.fin || !t.slot.flags.synack) {
    return false;
  }
  const EndState restored = scope_ == PacketScope::All ? previous : EndState::Established;
  t.become(restored);
  t.state_before = restored;
  if (scope_ == PacketScope::Control) forget_rst_numbers(t);
  if (t.peer_state == EndState::Reset) return true;
  t.own().closed = 0;
  t.slot.flags.ended = 0;
  t.slot.flags.rst_basis = 0;
  t.slot.flags.closed_by = t.peer_state == EndState::Closed ? (1 + t.p) & 3u : 0;
  return true;
}

/// PacketScope::Control only: takes back the numbers that came from a forged RST.
void Lifecycle::forget_rst_numbers(SegmentStep& t) {
  Detail* d = details_.of(t.slot);
  if (t.own().last_is_rst) {
    t.own_side().last = t.own_side().start + 1;
    if (d != nullptr) d->side[t.e].wraps = 0;
    t.own().last_is_rst = t.own().last_proven = 0;
  }
  if (t.peer().last_is_rst && t.peer().ack_ahead) {  // only that RST acknowledged it
    t.peer_side().last = t.peer_side().start + 1;
    if (d != nullptr) d->side[t.p].wraps = 0;
    t.peer().last_is_rst = t.peer().last_proven = t.peer().ack_ahead = 0;
  }
}

/// A SYN-ACK that answers the SYN after an RST has refused it: the RST was forged.
bool Lifecycle::disprove_refusal(SegmentStep& t) {
  const bool refused = t.state_before == EndState::Reset && t.slot.flags.ended &&
                       t.own().previous == static_cast<unsigned>(EndState::Inactive) &&
                       t.peer_state == EndState::SynSent;
  if (!refused || !t.syn || !t.ack || t.rst) return false;
  t.own().state = 0;
  t.own().closed = t.own().last_is_rst = t.own().last_proven = 0;
  t.state_before = EndState::Inactive;
  t.slot.flags.ended = 0;
  t.slot.flags.rst_basis = 0;
  t.slot.flags.closed_by = 0;
  return true;
}

void Lifecycle::measure_rtt(SegmentStep& t) {
  Slot& slot = t.slot;
  if (t.syn && t.ack && t.sender_is_orig && t.peer_state == EndState::Established) {
    slot.flags.handshake = 1;  // simultaneous open: it acknowledges the other SYN
  } else if (t.syn && t.ack && !t.rst && !t.sender_is_orig) {
    const bool first_answer = !slot.flags.synack;
    if (!first_answer && t.s.seq == t.own_side().start) note_repeated_synack(t);
    slot.flags.synack = 1;
    if (first_answer && !slot.flags.ended) slot.set_end_ttl(t.s.ttl);
    if (Detail* d = details_.of(slot); d != nullptr && first_answer) d->side[t.e].claim = {};
    if (first_answer && !slot.flags.syn) slot.ack_rtt = PackedRtt{};  // it held a Probe
    if (first_answer && slot.flags.syn && slot.syn_retries() == 0)
      slot.synack_rtt.set(t.s.time - slot.first);
  } else if (t.first_acknowledgement) {
    slot.flags.handshake = 1;
    if (scope_ == PacketScope::All && !slot.flags.synack_repeated && slot.synack_rtt.known())
      slot.ack_rtt.set(t.s.time - slot.first - slot.synack_rtt.get());
  } else if (proves_handshake_alone(t)) {
    slot.flags.handshake = 1;
  }
}

void Lifecycle::note_repeated_synack(SegmentStep& t) {
  t.announces_half_open = !t.slot.flags.synack_repeated;
  t.slot.flags.synack_repeated = 1;
  // Before the handshake is complete, a responder sends hardly anything but SYN-ACKs.
  if (is_milestone(t.own_side().packets() - 1u)) t.announces_half_open = true;
}

/// One direction only: an end that continues after its SYN or SYN-ACK, with data and an
/// acknowledgement, or with acknowledgements that grow, was answered on a route that the capture
/// does not see.
bool Lifecycle::proves_handshake_alone(const SegmentStep& t) const {
  if (scope_ == PacketScope::Control || t.peer_state != EndState::Inactive ||
      t.slot.flags.handshake || t.syn || t.rst || !t.ack) {
    return false;
  }
  const bool began = t.sender_is_orig ? t.slot.flags.syn : t.slot.flags.synack;
  const std::uint32_t acked_before = t.peer_acked_before;
  const bool grows = t.peer_acked_known && seq_after(t.s.ack, acked_before);
  return began && (t.s.payload > 0 || grows);
}

/// True if the RST is the first answer to the segment that ended a silence. An idle timer often has
/// no other effect: a firewall or a host resets what it no longer knows.
bool Lifecycle::answers_silence(const SegmentStep& t, const Detail& detail) {
  constexpr std::uint32_t kMaxAnswer = 2'000;
  return detail.idle != kNoDuration && detail.idle_ender != t.e &&
         milliseconds_of(t.s.time) - detail.idle_end <= kMaxAnswer &&
         static_cast<std::uint16_t>(t.own_side().packets() - detail.idle_peer_packets) == 1;
}

/// Keeps what the RST that ends the connection tells about its cause. A firewall resets a
/// connection in the name of a host, and its packets have another TTL than the host's own.
void Lifecycle::note_reset(SegmentStep& t) {
  Slot& slot = t.slot;
  const std::uint8_t answered = slot.flags.synack ? slot.end_ttl() : std::uint8_t{0};
  const bool differs = !t.sender_is_orig && answered != 0 && answered != t.s.ttl;
  // With control packets only, data may have passed unseen, unless the numbers exclude it.
  const bool silent =
      scope_ == PacketScope::All ||
      (t.ack && t.own_side().last == t.own_side().start + 1 &&
       t.peer_side().last == t.peer_side().start + 1 && t.s.ack == t.peer_side().last);
  Detail* d = details_.of(slot);
  const bool answers = d != nullptr && answers_silence(t, *d);
  const bool idle = slot.flags.opened && silent && (answers || t.silence >= kMinIdle);
  if (d == nullptr && (differs || idle)) d = details_.spare(slot);
  if (d != nullptr) {
    if (differs) d->answer_ttl = answered;
    if (!answers) d->idle = idle ? t.silence : kNoDuration;
  }
  slot.set_end_ttl(t.s.ttl);
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
  SegmentStep t(slot, s, end);
  t.rst_basis = RstBasis::Confirmed;
  apply_numbers(t);
  collect_events(t, out);
  return out;
}

}  // namespace synfin
