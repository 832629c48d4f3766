// The state machine of Lifecycle. lifecycle_data.cc handles sequence numbers. See lifecycle.h.
#include "track/lifecycle.h"

#include <algorithm>

#include "synfin/base/ports.h"
#include "synfin/base/sequence.h"
#include "track/segment_step.h"
#include "track/sequence_window.h"
#include "track/timer_clock.h"

namespace synfin {
namespace {

struct Direction {
  bool sender_is_orig;
  DirectionBasis basis;
};

/// The direction of a connection that begins with `s`.
Direction direction_of(const Segment& s, const ResponderPorts& ports) {
  if ((s.flags & kSyn) != 0 && (s.flags & kAck) == 0) return {true, DirectionBasis::Syn};
  if ((s.flags & kSyn) != 0) return {false, DirectionBasis::Synack};
  const std::uint16_t from = s.tuple.orig.port;
  const std::uint16_t to = s.tuple.resp.port;
  if (ports.prefers(from, to)) return {false, DirectionBasis::Port};
  if (ports.prefers(to, from)) return {true, DirectionBasis::Port};
  const ServiceRank from_rank = service_rank(from);
  const ServiceRank to_rank = service_rank(to);
  if (from_rank != to_rank) return {to_rank > from_rank, DirectionBasis::Port};
  if (from_rank == ServiceRank::None) return {true, DirectionBasis::First};
  return {from >= to, DirectionBasis::Port};
}

/// The scan that a first segment of these flags may belong to (RFC 9293 §3.10.7.1: a closed port
/// resets, an open one stays silent).
Probe probe_of(const Segment& s) {
  if (s.payload != 0) return Probe::None;
  switch (s.flags & (kSyn | kFin | kRst | kAck | kPsh | kUrg)) {
    case 0:
      return Probe::Null;
    case kFin:
      return Probe::Fin;
    case kFin | kPsh | kUrg:
      return Probe::Xmas;
    case kSyn | kFin:
      return Probe::SynFin;
    case kFin | kAck:
      return Probe::Maimon;
    case kAck:
      return Probe::Ack;
    default:
      return Probe::None;
  }
}

}  // namespace

void Lifecycle::begin(Slot& slot, const Segment& s, unsigned sender) const {
  const auto address = slot.address;
  const auto port = slot.port;
  slot = Slot{};
  slot.address = address;
  slot.port = port;
  slot.flags.udp = s.tuple.transport == Transport::Udp;
  slot.first = slot.last = s.time;
  const Direction direction = direction_of(s, responder_ports_);
  slot.flags.orig = (direction.sender_is_orig ? sender : sender ^ 1u) & 1u;
  slot.flags.direction_basis = static_cast<std::uint32_t>(direction.basis) & 3u;
  const Probe probe = probe_of(s);
  const bool odd = probe != Probe::None && probe < Probe::Maimon;
  if (odd || (probe != Probe::None && direction.sender_is_orig)) slot.set_probe(probe);
  if (odd) {
    slot.flags.orig = sender & 1u;
    slot.flags.direction_basis = static_cast<std::uint32_t>(DirectionBasis::First) & 3u;
  } else if (!direction.sender_is_orig) {
    slot.history.append(Letter::Flip, sender);
  }
}

void Lifecycle::adopt(Slot& slot, Timestamp since, unsigned orig) {
  const auto address = slot.address;
  const auto port = slot.port;
  const bool udp = slot.flags.udp;
  slot = Slot{};
  slot.address = address;
  slot.port = port;
  slot.flags.udp = udp;
  slot.first = slot.last = since;
  slot.flags.orig = orig & 1u;
  slot.flags.direction_basis = static_cast<std::uint32_t>(DirectionBasis::First) & 3u;
  slot.flags.handshake = slot.flags.opened = 1;
  slot.set_adopted();
  SlotSideFlags side;
  side.state = static_cast<std::uint32_t>(EndState::Established) & 7u;
  side.ack_ahead = 1;  // nothing is in order until the first number is seen
  slot.side_flags[0] = slot.side_flags[1] = side;
}

bool Lifecycle::is_other_syn(const Slot& slot, const Segment& s, unsigned sender) {
  const SlotSide& side = slot.side[sender];
  if (slot.state(sender) != EndState::Inactive) return s.seq != side.start;
  // Of the other end of a simultaneous open (RFC 9293 §3.5) no number is known.
  if ((side.start | side.last) == 0) return false;
  // A SYN that the capture delivered after its SYN-ACK has the number that this acknowledged, with
  // or without the data of the SYN. Segments between the two have acknowledged a little more.
  const std::uint32_t behind = side.start - s.seq;
  const bool late = slot.flags.synack && saturating_sub(s.time, slot.first) < TimerClock::kDisorder;
  return behind > (late ? lookback(slot.side[sender ^ 1u]) : s.payload);
}

void Lifecycle::count(Slot& slot, const Segment& s, unsigned sender) {
  SlotSide& side = slot.side[sender];
  side.set_packets(side.packets() + 1);
  if (side.packets() == 0) {
    if (Detail* d = details_.ensure(slot)) ++d->side[sender].packets_high;
  }
  if (__builtin_add_overflow(side.ip_bytes, s.ip_length, &side.ip_bytes)) {
    if (Detail* d = details_.ensure(slot)) ++d->side[sender].ip_bytes_high;
  }
}

LifecycleEvents Lifecycle::apply(Slot& slot, const Segment& segment, unsigned sender) {
  SegmentStep step(slot, segment, sender);
  LifecycleEvents out;
  choose_synack(step);
  if (!is_acceptable(step, out)) {
    count(slot, segment, sender);
    if (out.out_of_window) {
      if (Detail* d = details_.ensure(slot)) {
        ++d->out_of_window;
        // RFC 9293 §3.5.1: the number with which the originator will reset the old connection.
        if (step.peer_state == EndState::SynSent && step.ack && !step.rst) {
          d->side[sender].claim = {};
          d->side[sender].claim.acked = step.s.ack;
          d->side[sender].claim.has_ack = true;
        }
      }
      if (!step.rst) note_time(step);
    }
    return out;
  }
  if (!step.confirmed.data.empty()) apply_confirmed(step, out);
  if (disprove_stored_rst(step) || disprove_rst(step) || disprove_refusal(step))
    out.forged_rst = true;
  if (step.syn && !step.rst && !step.fin) note_window_scale(step);
  initialize_sender(step);
  const std::uint32_t credit = credit_of(step.slot, step.sender);
  write_history(step);
  note_zero_window(step);
  count(slot, segment, sender);
  step.silence = saturating_sub(segment.time, slot.last);
  note_time(step);
  number_peer(step);
  measure_rtt(step);
  apply_numbers(step);
  move_edges(step, credit);
  collect_events(step, out);
  recheck_stored_rst(step, out);
  return out;
}

/// Decides by the window rule whether the segment changes anything.
bool Lifecycle::is_acceptable(SegmentStep& step, LifecycleEvents& out) {
  step.first_acknowledgement = step.sender_is_orig && step.ack && !step.rst && !step.syn &&
                               step.slot.flags.synack && !step.slot.flags.handshake &&
                               seq_after(step.s.ack, step.peer_side().start);
  const bool first = step.state_before == EndState::Inactive;
  if (step.rst && (!step.syn || !first)) {
    switch (check_rst(step)) {
      case RstCheck::Exact:
        if (scope_ == PacketScope::All && step.peer_state != EndState::Inactive)
          step.rst_basis = RstBasis::Verified;
        return true;
      case RstCheck::Unchecked:
        check_number_of_rst(step);
        return true;
      case RstCheck::Candidate:
        if (!store_rst(step)) return true;
        note_time(step);
        return false;
      case RstCheck::Outside:
        out.forged_rst = out.out_of_window = true;
        return false;
      case RstCheck::Stale:
        out.out_of_window = true;
        return false;
    }
  }
  const bool other_syn =
      step.syn && !step.ack && !first && step.state_before != EndState::Reset &&
      step.s.seq != step.own_side().start;  // no Detail was left for the candidate
  if (other_syn) {
    out.out_of_window = true;
  } else if (step.syn && (step.fin || step.rst)) {
    out.out_of_window = !first;  // no connection continues with these flags
  } else {
    out.out_of_window = step.syn ? step.ack && !synack_fits(step) : !in_window(step);
  }
  return !out.out_of_window;
}

/// If the peer was not seen, its bytes count from the first acknowledgement of the sender.
void Lifecycle::number_peer(SegmentStep& step) const {
  const bool unnumbered = step.slot.adopted() && step.peer_side().packets() == 0;
  if (!step.ack || !(unnumbered || step.slot.state(step.peer) == EndState::Inactive)) return;
  if (step.rst && scope_ == PacketScope::All) return;  // nothing has checked its acknowledgement
  SlotSide& side = step.peer_side();
  step.peer_acked_known = side.start != 0 || side.last != 0;
  step.peer_acked_before = side.last + 1;
  side.start = side.last = step.s.ack - 1;
  set_credit(step.slot, step.peer, 0);
}

void Lifecycle::apply_numbers(SegmentStep& step) {
  advance_last(step);
  change_state(step);
  if (step.ack && (!step.rst || scope_ == PacketScope::Control)) acknowledge(step);
  if (scope_ == PacketScope::Control) agree_on_fins(step);
  if (!step.rst) note_data(step);
  close_ends(step);
}

/// As in Zeek, packets after a full close do not count for the duration.
void Lifecycle::note_time(SegmentStep& step) {
  if (step.own_flags().closed && step.peer_flags().closed) return;
  if (!step.slot.flags.ended) {
    // Packets may be slightly out of order. A time far in the past is not used.
    if (step.s.time >= step.slot.last - TimerClock::kDisorder) step.slot.last = step.s.time;
  } else if (Detail* d = details_.ensure(step.slot)) {
    d->late = std::max(d->late, step.s.time);  // the linger time still counts from `last`
  }
}

void Lifecycle::initialize_sender(SegmentStep& step) {
  SlotSide& side = step.own_side();
  const auto fresh = [&](std::uint32_t start, std::uint32_t last) {
    // A window that the peer has offered stays valid if the numbers are near its acknowledgement.
    const std::uint32_t offered = side.last + credit_of(step.slot, step.sender);
    const std::int32_t off = seq_delta(last, side.last);
    const bool near = side.last != 0 && off > -(1 << 22) && off < (1 << 22);
    side.start = start;
    side.last = last;
    set_credit(step.slot, step.sender, kInitialCredit);
    if (near) raise_credit(step.slot, step.sender, offered);
    step.old_last = last;
    if (Detail* d = details_.of(step.slot)) {
      d->side[step.sender].wraps = 0;
      d->side[step.peer].claim.has_data_ack =
          false;  // it came before the numbers that it acknowledges
    }
  };
  switch (step.state_before) {
    case EndState::Inactive:
      if (step.syn && step.fin) {
        fresh(step.end_seq - 1, step.end_seq);  // a segment with SYN and FIN carries no byte
      } else if (step.syn) {
        fresh(step.s.seq, step.end_seq);
        step.old_last = step.s.seq + 1;
      } else {
        fresh(step.s.seq - 1, step.s.seq);
      }
      break;
    case EndState::Reset:
      // The numbers came from an RST, which may have been forged. A SYN replaces them.
      if (step.syn && !step.rst &&
          step.own_flags().previous == static_cast<unsigned>(EndState::Inactive)) {
        fresh(step.s.seq, step.end_seq);
      }
      break;
    case EndState::Established:
      if (step.slot.adopted() && side.packets() == 0) {
        fresh(step.s.seq - 1, step.s.seq);
        step.own_flags().ack_ahead = 0;
      }
      break;
    default:
      break;
  }
}

void Lifecycle::change_state(SegmentStep& step) {
  switch (step.state_before) {
    case EndState::Inactive:
      change_inactive_state(step);
      break;
    case EndState::SynSent:
      if (step.fin) step.become(EndState::Closed);
      if (step.rst) step.become(EndState::Reset);
      break;
    case EndState::Partial:
    case EndState::Established:
      change_established_state(step);
      break;
    case EndState::Closed:
      // Both ends sent a FIN, so a later RST changes nothing.
      if (step.rst && step.peer_state != EndState::Closed) step.become(EndState::Reset);
      break;
    case EndState::Reset:
      break;
  }
}

void Lifecycle::change_inactive_state(SegmentStep& step) {
  if (step.syn && step.sender_is_orig) {
    const bool answered = step.peer_state == EndState::Established;  // the SYN-ACK came first
    step.become(answered ? EndState::Established : EndState::SynSent);
  } else if (step.syn) {
    if (step.peer_state == EndState::SynSent) step.slot.set_state(step.peer, EndState::Established);
    step.become(EndState::Established);
  }
  if (step.fin) step.become(EndState::Closed);
  if (step.rst) step.become(EndState::Reset);
  if (step.slot.state(step.sender) != EndState::Inactive) return;
  if (!step.sender_is_orig && step.s.payload == 0 && step.peer_state == EndState::SynSent) {
    return;  // some stacks acknowledge a SYN before they answer it
  }
  const bool missed_syn = step.ack && step.peer_state == EndState::Established;
  step.become(missed_syn ? EndState::Established : EndState::Partial);
}

void Lifecycle::change_established_state(SegmentStep& step) {
  if (step.syn && !step.ack && step.state_before == EndState::Partial &&
      step.peer_state == EndState::Inactive) {
    step.become(EndState::SynSent);
  }
  if (step.fin && !step.rst) {
    step.become(EndState::Closed);
    if (step.peer_state == EndState::Reset &&
        step.peer_flags().previous == static_cast<unsigned>(EndState::Closed)) {
      step.slot.set_state(step.peer, EndState::Closed);  // FIN, RST, FIN is a normal end
    }
  }
  if (step.rst) step.become(EndState::Reset);
}

void Lifecycle::close_ends(SegmentStep& step) {
  const auto pending = [&](unsigned end) {
    if (step.slot.side_flags[end].hole) return true;
    const bool peer_hole = step.slot.side_flags[end ^ 1u].hole;
    if (!peer_hole || step.slot.state(end) == EndState::Reset) return false;
    return !details_.of(step.slot)->side[end ^ 1u].seen[0].empty();
  };
  for (unsigned end = 0; end < 2; ++end) {
    const EndState state = step.slot.state(end);
    if (state != EndState::Closed && state != EndState::Reset) continue;
    if (!step.slot.side_flags[end].closed && !pending(end)) step.slot.side_flags[end].closed = 1;
  }
}

void Lifecycle::collect_events(SegmentStep& step, LifecycleEvents& out) {
  Slot& slot = step.slot;
  SlotFlags& flags = slot.flags;
  if (step.syn && !step.ack && step.sender_is_orig && !step.rst && !step.fin) {
    if (!flags.syn) {
      flags.syn = 1;
      if (!flags.synack) slot.forget_probe();
      if (step.state_before == EndState::Inactive) out.add(EventKind::Syn);
    } else if (!flags.ended || step.peer_state == EndState::Reset) {
      slot.set_syn_retries(slot.syn_retries() + 1);  // some stacks repeat a refused SYN
      if (flags.unreachable) slot.set_retried_after_error();
      if (!flags.ended) out.add(EventKind::Retry);
    }
  }
  if (flags.ended) return;
  const bool proven = scope_ == PacketScope::Control ? flags.synack : flags.handshake;
  if (flags.synack_repeated && step.syn && step.ack && !flags.handshake && !step.rst) {
    if (step.announces_half_open) out.add(EventKind::HalfOpen);
  } else if (!flags.opened && proven && !step.rst) {
    flags.opened = 1;
    out.add(EventKind::Open);
  } else if (!flags.opened && !flags.syn && !flags.synack && !step.rst) {
    flags.opened = 1;
    out.add(EventKind::Midstream);
  }
  if ((step.fin || step.rst) && flags.closed_by == 0) flags.closed_by = (1 + step.sender) & 3u;
  if (step.rst && slot.state(step.sender) == EndState::Reset) {
    flags.ended = 1;
    flags.bare_rst = !step.ack;
    flags.closed_by = (1 + step.sender) & 3u;
    flags.rst_basis = static_cast<std::uint32_t>(step.rst_basis) & 3u;
    note_reset(step);
    out.add(step.reset_kind(scope_));
  } else if (step.fin) {
    const EndState peer = slot.state(step.peer);
    const bool both = slot.state(step.sender) == EndState::Closed && peer == EndState::Closed;
    if (both || peer == EndState::Reset) {
      out.add(EventKind::Close);
      flags.ended = 1;
    } else if (step.state_before != EndState::Closed) {
      out.add(EventKind::Fin);
      flags.ended = peer == EndState::Inactive;
    }
  }
}

}  // namespace synfin
