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
  if (odd || (probe != Probe::None && direction.sender_is_orig))
    slot.ack_rtt.set(Duration{static_cast<int>(probe)});  // the field is unused before a handshake
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
  SegmentStep t(slot, segment, sender);
  LifecycleEvents out;
  choose_synack(t);
  if (!is_acceptable(t, out)) {
    count(slot, segment, sender);
    if (out.out_of_window) {
      if (Detail* d = details_.ensure(slot)) {
        ++d->out_of_window;
        // RFC 9293 §3.5.1: the number with which the originator will reset the old connection.
        if (t.peer_state == EndState::SynSent && t.ack && !t.rst) {
          d->side[sender].claim = {};
          d->side[sender].claim.acked = t.s.ack;
          d->side[sender].claim.has_ack = true;
        }
      }
      if (!t.rst) note_time(t);
    }
    return out;
  }
  if (!t.confirmed.data.empty()) apply_confirmed(t, out);
  if (disprove_stored_rst(t) || disprove_rst(t) || disprove_refusal(t)) out.forged_rst = true;
  if (t.syn && !t.rst && !t.fin) note_window_scale(t);
  initialize_sender(t);
  const std::uint32_t credit = credit_of(t.slot, t.e);
  write_history(t);
  note_zero_window(t);
  count(slot, segment, sender);
  t.silence = saturating_sub(segment.time, slot.last);
  note_time(t);
  number_peer(t);
  measure_rtt(t);
  apply_numbers(t);
  move_edges(t, credit);
  collect_events(t, out);
  recheck_stored_rst(t, out);
  return out;
}

/// Decides by the window rule whether the segment changes anything.
bool Lifecycle::is_acceptable(SegmentStep& t, LifecycleEvents& out) {
  t.first_acknowledgement = t.sender_is_orig && t.ack && !t.rst && !t.syn && t.slot.flags.synack &&
                            !t.slot.flags.handshake && seq_after(t.s.ack, t.peer_side().start);
  const bool first = t.state_before == EndState::Inactive;
  if (t.rst && (!t.syn || !first)) {
    switch (check_rst(t)) {
      case RstCheck::Exact:
        if (scope_ == PacketScope::All && t.peer_state != EndState::Inactive)
          t.rst_basis = RstBasis::Verified;
        return true;
      case RstCheck::Unchecked:
        return true;
      case RstCheck::Candidate:
        if (!store_rst(t)) return true;
        note_time(t);
        return false;
      case RstCheck::Outside:
        out.forged_rst = out.out_of_window = true;
        return false;
      case RstCheck::Stale:
        out.out_of_window = true;
        return false;
    }
  }
  const bool other_syn = t.syn && !t.ack && !first && t.state_before != EndState::Reset &&
                         t.s.seq != t.own_side().start;  // no Detail was left for the candidate
  if (other_syn) {
    out.out_of_window = true;
  } else if (t.syn && (t.fin || t.rst)) {
    out.out_of_window = !first;  // no connection continues with these flags
  } else {
    out.out_of_window = t.syn ? t.ack && !synack_fits(t) : !in_window(t);
  }
  return !out.out_of_window;
}

/// If the peer was not seen, its bytes count from the first acknowledgement of the sender.
void Lifecycle::number_peer(SegmentStep& t) const {
  const bool unnumbered = t.slot.adopted() && t.peer_side().packets() == 0;
  if (!t.ack || !(unnumbered || t.slot.state(t.p) == EndState::Inactive)) return;
  if (t.rst && scope_ == PacketScope::All) return;  // nothing has checked its acknowledgement
  SlotSide& side = t.peer_side();
  t.peer_acked_known = side.start != 0 || side.last != 0;
  t.peer_acked_before = side.last + 1;
  side.start = side.last = t.s.ack - 1;
  set_credit(t.slot, t.p, 0);
}

void Lifecycle::apply_numbers(SegmentStep& t) {
  advance_last(t);
  step(t);
  if (t.ack && (!t.rst || scope_ == PacketScope::Control)) acknowledge(t);
  if (scope_ == PacketScope::Control) agree_on_fins(t);
  if (!t.rst) note_data(t);
  close_ends(t);
}

/// As in Zeek, packets after a full close do not count for the duration.
void Lifecycle::note_time(SegmentStep& t) {
  if (t.own().closed && t.peer().closed) return;
  if (!t.slot.flags.ended) {
    // Packets may be slightly out of order. A time far in the past is not used.
    if (t.s.time >= t.slot.last - TimerClock::kDisorder) t.slot.last = t.s.time;
  } else if (Detail* d = details_.ensure(t.slot)) {
    d->late = std::max(d->late, t.s.time);  // the linger time still counts from `last`
  }
}

void Lifecycle::initialize_sender(SegmentStep& t) {
  SlotSide& side = t.own_side();
  const auto fresh = [&](std::uint32_t start, std::uint32_t last) {
    // A window that the peer has offered stays valid if the numbers are near its acknowledgement.
    const std::uint32_t offered = side.last + credit_of(t.slot, t.e);
    const std::int32_t off = seq_delta(last, side.last);
    const bool near = side.last != 0 && off > -(1 << 22) && off < (1 << 22);
    side.start = start;
    side.last = last;
    set_credit(t.slot, t.e, kInitialCredit);
    if (near) raise_credit(t.slot, t.e, offered);
    t.old_last = last;
    if (Detail* d = details_.of(t.slot)) {
      d->side[t.e].wraps = 0;
      d->side[t.p].claim.has_data_ack = false;  // it came before the numbers that it acknowledges
    }
  };
  switch (t.state_before) {
    case EndState::Inactive:
      if (t.syn && t.fin) {
        fresh(t.end_seq - 1, t.end_seq);  // a segment with SYN and FIN carries no byte
      } else if (t.syn) {
        fresh(t.s.seq, t.end_seq);
        t.old_last = t.s.seq + 1;
      } else {
        fresh(t.s.seq - 1, t.s.seq);
      }
      break;
    case EndState::Reset:
      // The numbers came from an RST, which may have been forged. A SYN replaces them.
      if (t.syn && !t.rst && t.own().previous == static_cast<unsigned>(EndState::Inactive)) {
        fresh(t.s.seq, t.end_seq);
      }
      break;
    case EndState::Established:
      if (t.slot.adopted() && side.packets() == 0) {
        fresh(t.s.seq - 1, t.s.seq);
        t.own().ack_ahead = 0;
      }
      break;
    default:
      break;
  }
}

void Lifecycle::step(SegmentStep& t) {
  switch (t.state_before) {
    case EndState::Inactive:
      step_inactive(t);
      break;
    case EndState::SynSent:
      if (t.fin) t.become(EndState::Closed);
      if (t.rst) t.become(EndState::Reset);
      break;
    case EndState::Partial:
    case EndState::Established:
      step_established(t);
      break;
    case EndState::Closed:
      // Both ends sent a FIN, so a later RST changes nothing.
      if (t.rst && t.peer_state != EndState::Closed) t.become(EndState::Reset);
      break;
    case EndState::Reset:
      break;
  }
}

void Lifecycle::step_inactive(SegmentStep& t) {
  if (t.syn && t.sender_is_orig) {
    const bool answered = t.peer_state == EndState::Established;  // the SYN-ACK came first
    t.become(answered ? EndState::Established : EndState::SynSent);
  } else if (t.syn) {
    if (t.peer_state == EndState::SynSent) t.slot.set_state(t.p, EndState::Established);
    t.become(EndState::Established);
  }
  if (t.fin) t.become(EndState::Closed);
  if (t.rst) t.become(EndState::Reset);
  if (t.slot.state(t.e) != EndState::Inactive) return;
  if (!t.sender_is_orig && t.s.payload == 0 && t.peer_state == EndState::SynSent) {
    return;  // some stacks acknowledge a SYN before they answer it
  }
  const bool missed_syn = t.ack && t.peer_state == EndState::Established;
  t.become(missed_syn ? EndState::Established : EndState::Partial);
}

void Lifecycle::step_established(SegmentStep& t) {
  if (t.syn && !t.ack && t.state_before == EndState::Partial &&
      t.peer_state == EndState::Inactive) {
    t.become(EndState::SynSent);
  }
  if (t.fin && !t.rst) {
    t.become(EndState::Closed);
    if (t.peer_state == EndState::Reset &&
        t.peer().previous == static_cast<unsigned>(EndState::Closed)) {
      t.slot.set_state(t.p, EndState::Closed);  // FIN, RST, FIN is a normal end
    }
  }
  if (t.rst) t.become(EndState::Reset);
}

void Lifecycle::close_ends(SegmentStep& t) {
  const auto pending = [&](unsigned end) {
    if (t.slot.side_flags[end].hole) return true;
    const bool peer_hole = t.slot.side_flags[end ^ 1u].hole;
    if (!peer_hole || t.slot.state(end) == EndState::Reset) return false;
    return !details_.of(t.slot)->side[end ^ 1u].seen[0].empty();
  };
  for (unsigned end = 0; end < 2; ++end) {
    const EndState state = t.slot.state(end);
    if (state != EndState::Closed && state != EndState::Reset) continue;
    if (!t.slot.side_flags[end].closed && !pending(end)) t.slot.side_flags[end].closed = 1;
  }
}

void Lifecycle::collect_events(SegmentStep& t, LifecycleEvents& out) {
  Slot& slot = t.slot;
  SlotFlags& flags = slot.flags;
  if (t.syn && !t.ack && t.sender_is_orig && !t.rst && !t.fin) {
    if (!flags.syn) {
      flags.syn = 1;
      if (!flags.synack) slot.ack_rtt = PackedRtt{};  // it held a Probe
      if (t.state_before == EndState::Inactive) out.add(EventKind::Syn);
    } else if (!flags.ended || t.peer_state == EndState::Reset) {
      slot.set_syn_retries(slot.syn_retries() + 1);  // some stacks repeat a refused SYN
      if (flags.unreachable) slot.set_retried_after_error();
      if (!flags.ended) out.add(EventKind::Retry);
    }
  }
  if (flags.ended) return;
  const bool proven = scope_ == PacketScope::Control ? flags.synack : flags.handshake;
  if (flags.synack_repeated && t.syn && t.ack && !flags.handshake && !t.rst) {
    if (t.announces_half_open) out.add(EventKind::HalfOpen);
  } else if (!flags.opened && proven && !t.rst) {
    flags.opened = 1;
    out.add(EventKind::Open);
  } else if (!flags.opened && !flags.syn && !flags.synack && !t.rst) {
    flags.opened = 1;
    out.add(EventKind::Midstream);
  }
  if ((t.fin || t.rst) && flags.closed_by == 0) flags.closed_by = (1 + t.e) & 3u;
  if (t.rst && slot.state(t.e) == EndState::Reset) {
    flags.ended = 1;
    flags.bare_rst = !t.ack;
    flags.closed_by = (1 + t.e) & 3u;
    flags.rst_basis = static_cast<std::uint32_t>(t.rst_basis) & 3u;
    note_reset(t);
    out.add(t.reset_kind(scope_));
  } else if (t.fin) {
    const EndState peer = slot.state(t.p);
    const bool both = slot.state(t.e) == EndState::Closed && peer == EndState::Closed;
    if (both || peer == EndState::Reset) {
      out.add(EventKind::Close);
      flags.ended = 1;
    } else if (t.state_before != EndState::Closed) {
      out.add(EventKind::Fin);
      flags.ended = peer == EndState::Inactive;
    }
  }
}

}  // namespace synfin
