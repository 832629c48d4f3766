// The state machine of Lifecycle. lifecycle_data.cc handles sequence numbers. See lifecycle.h.
#include "track/lifecycle.h"

#include <algorithm>

#include "synfin/base/ports.h"
#include "synfin/base/sequence.h"
#include "track/segment_step.h"
#include "track/timer_clock.h"

namespace synfin {
namespace {

/// Zeek's limit for the distance of a sequence number in a SYN or RST.
constexpr std::int32_t kFarOff = 1 << 20;

struct Direction {
  bool sender_is_orig;
  DirectionBasis basis;
};

/// The direction of a connection that begins with `s`.
Direction direction_of(const Segment& s) {
  if ((s.flags & kSyn) != 0 && (s.flags & kAck) == 0) return {true, DirectionBasis::Syn};
  if ((s.flags & kSyn) != 0) return {false, DirectionBasis::Synack};
  const bool from_service = is_service_port(s.tuple.orig.port);
  const bool to_service = is_service_port(s.tuple.resp.port);
  if (!from_service && !to_service) return {true, DirectionBasis::First};
  if (from_service && to_service) {
    return {s.tuple.orig.port >= s.tuple.resp.port, DirectionBasis::Port};
  }
  return {to_service, DirectionBasis::Port};
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
  const Direction direction = direction_of(s);
  slot.flags.orig = (direction.sender_is_orig ? sender : sender ^ 1u) & 1u;
  slot.flags.direction_basis = static_cast<std::uint32_t>(direction.basis) & 3u;
  if (!direction.sender_is_orig) {
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
  SlotSideFlags side;
  side.state = static_cast<std::uint32_t>(EndState::Established) & 7u;
  side.adopted = 1;
  side.ack_ahead = 1;  // nothing is in order until the first number is seen
  slot.side_flags[0] = slot.side_flags[1] = side;
}

bool Lifecycle::is_other_syn(const Slot& slot, const Segment& s, unsigned sender) {
  const EndState own = slot.state(sender);
  if (own == EndState::Inactive) {
    // This is the other end of a simultaneous open (RFC 9293 §3.5), or a SYN that the capture
    // delivered after its SYN-ACK.
    return false;
  }
  return s.seq != slot.side[sender].start;
}

void Lifecycle::count(Slot& slot, const Segment& s, unsigned sender) {
  SlotSide& side = slot.side[sender];
  side.packets = (side.packets + 1) & 0xFFFFFFu;
  if (side.packets == 0) {
    if (Detail* d = details_.ensure(slot)) ++d->side[sender].packets_high;
  }
  if (__builtin_add_overflow(side.ip_bytes, s.ip_length, &side.ip_bytes)) {
    if (Detail* d = details_.ensure(slot)) ++d->side[sender].ip_bytes_high;
  }
  if (!slot.flags.ended) side.ttl = s.ttl;
}

void Lifecycle::append_history(Slot& slot, Letter letter, unsigned end) {
  if (!slot.flags.has_detail && !slot.history.full()) {
    slot.history.append(letter, end);
    return;
  }
  Detail* detail = details_.ensure(slot);
  if (detail == nullptr || detail->history_size == detail->history.size()) return;
  detail->history[detail->history_size++] =
      static_cast<std::uint8_t>(static_cast<unsigned>(letter) | end << 4);
}

LifecycleEvents Lifecycle::apply(Slot& slot, const Segment& segment, unsigned sender) {
  SegmentStep t(slot, segment, sender);
  LifecycleEvents out;
  if (t.rst && !t.syn && !rst_fits(t)) {
    count(slot, segment, sender);
    out.forged_rst = true;
    return out;
  }
  initialize_sender(t);
  if (scope_ == PacketScope::Control && t.fin && !t.rst) disprove_rst(t);
  write_history(t);
  note_zero_window(t);
  count(slot, segment, sender);
  note_time(t);
  const bool unnumbered = t.peer().adopted && t.peer_side().packets == 0;
  if (t.ack && (unnumbered || slot.state(t.p) == EndState::Inactive)) {
    // Initialize the peer as if its SYN had been seen, so that its bytes count from here.
    t.peer_side().start = t.peer_side().last = segment.ack - 1;
  }
  measure_rtt(t);
  advance_last(t);
  step(t);
  if (t.ack && (!t.rst || scope_ == PacketScope::Control)) acknowledge(t);
  if (!t.rst) note_data(t);
  close_ends(t);
  collect_events(t, out);
  return out;
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
    side.start = start;
    side.last = last;
    t.old_last = last;
  };
  switch (t.state_before) {
    case EndState::Inactive:
      if (t.syn) {
        fresh(t.s.seq, t.end_seq);
        t.old_last = t.s.seq + 1;
      } else {
        fresh(t.s.seq - 1, t.s.seq);
      }
      break;
    case EndState::Reset:
      // The numbers came from an RST, which may have been forged. A SYN replaces them.
      if (t.syn && t.own().previous == static_cast<unsigned>(EndState::Inactive)) {
        fresh(t.s.seq, t.end_seq);
      }
      break;
    case EndState::Established:
      if (t.own().adopted && side.packets == 0) {
        fresh(t.s.seq - 1, t.s.seq);
        t.own().ack_ahead = 0;
      }
      break;
    default:
      break;
  }
}

/// With control packets only, every RST is accepted. No end sends a FIN after its own RST, so a FIN
/// proves that the RST was forged.
void Lifecycle::disprove_rst(SegmentStep& t) {
  if (t.state_before != EndState::Reset || !t.slot.flags.synack) return;
  t.become(EndState::Established);
  t.state_before = EndState::Established;
  if (t.own().last_is_rst) {
    t.own_side().last = t.own_side().start + 1;
    t.own().last_is_rst = t.own().last_proven = 0;
  }
  if (t.peer().last_is_rst && t.peer().ack_ahead) {  // only that RST acknowledged it
    t.peer_side().last = t.peer_side().start + 1;
    t.peer().last_is_rst = t.peer().last_proven = t.peer().ack_ahead = 0;
  }
  if (t.peer_state == EndState::Reset) return;
  t.own().closed = 0;
  t.slot.flags.ended = 0;
  t.slot.flags.rst_basis = 0;
  t.slot.flags.closed_by = t.peer_state == EndState::Closed ? (1 + t.p) & 3u : 0;
}

void Lifecycle::append_once(SegmentStep& t, HistoryBit bit, Letter letter) {
  if ((t.own().history & bit) != 0) return;
  t.own().history |= bit & 0x7Fu;
  append_history(t.slot, letter, t.e);
}

void Lifecycle::write_history(SegmentStep& t) {
  const int control = t.syn + t.fin + t.rst;
  if (control > 1) {
    t.fin&& t.rst ? append_once(t, kHistInconsistent, Letter::I)
                  : append_once(t, kHistMulti, Letter::Q);
  } else if (t.syn) {
    const Letter letter = t.ack ? Letter::H : Letter::S;
    if ((t.own().history & kHistSyn) != 0 && t.s.seq != t.own_side().start) {
      append_history(t.slot, letter, t.e);
    }
    append_once(t, kHistSyn, letter);
  } else if (t.fin) {
    // A FIN with another sequence number is a different FIN.
    if ((t.own().history & kHistFin) != 0 && t.end_seq != t.old_last) {
      append_history(t.slot, Letter::F, t.e);
    }
    append_once(t, kHistFin, Letter::F);
  } else if (t.rst) {
    if ((t.own().history & kHistRst) != 0) note_repeated_rst(t);
    append_once(t, kHistRst, Letter::R);
  } else if (t.s.payload > 0) {
    append_once(t, kHistData, Letter::D);
  } else if (t.ack) {
    append_once(t, kHistAck, Letter::A);
  }
}

void Lifecycle::note_repeated_rst(SegmentStep& t) {
  const Detail* known = details_.of(t.slot);
  const std::uint32_t before =
      t.own().last_is_rst || known == nullptr ? t.own_side().last : known->side[t.e].last_rst;
  if (t.s.seq == before) return;
  append_history(t.slot, Letter::R, t.e);
  if (Detail* d = details_.ensure(t.slot)) {
    d->side[t.e].last_rst = t.s.seq;
    t.own().last_is_rst = 0;
  }
}

bool Lifecycle::rst_fits(const SegmentStep& t) const {
  if (t.state_before == EndState::Inactive && t.peer_state == EndState::SynSent &&
      !t.sender_is_orig) {
    // RFC 9293 §3.10.7.3: the RST that refuses a SYN acknowledges it.
    return !t.ack || seq_between(t.s.ack, t.peer_side().start + 1, t.peer_side().last);
  }
  if (scope_ == PacketScope::Control || t.state_before == EndState::Inactive ||
      t.peer_state == EndState::Inactive || t.peer_state == EndState::SynSent ||
      t.state_before == EndState::Reset) {
    return true;  // no number is known to check it against
  }
  const std::int32_t off = seq_delta(t.s.seq, t.own_side().last);
  if (off <= kFarOff && off >= -kFarOff) return true;
  if (t.own().ack_ahead || t.own().hole) return true;
  return t.ack && t.s.ack == t.peer_side().last && t.peer().acked;
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

void Lifecycle::measure_rtt(SegmentStep& t) {
  Slot& slot = t.slot;
  if (t.syn && t.ack && t.sender_is_orig && t.peer_state == EndState::Established) {
    slot.flags.handshake = 1;  // simultaneous open: it acknowledges the other SYN
  } else if (t.syn && t.ack && !t.rst && !t.sender_is_orig) {
    const bool first_answer = !slot.flags.synack;
    if (!first_answer && t.s.seq == t.own_side().start) slot.flags.synack_repeated = 1;
    slot.flags.synack = 1;
    if (first_answer && slot.flags.syn && slot.side_flags[t.p].syn_retries == 0) {
      slot.synack_rtt.set(t.s.time - slot.first);
    }
  } else if (t.sender_is_orig && t.ack && !t.rst && !t.syn && slot.flags.synack &&
             !slot.flags.handshake) {
    slot.flags.handshake = 1;
    if (scope_ == PacketScope::All && !slot.flags.synack_repeated && slot.synack_rtt.known()) {
      slot.ack_rtt.set(t.s.time - slot.first - slot.synack_rtt.get());
    }
  }
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
      if (t.state_before == EndState::Inactive) out.add(EventKind::Syn);
    } else if (!flags.ended) {
      if (t.own().syn_retries < 63) ++t.own().syn_retries;
      out.add(EventKind::Retry);
    }
  }
  if (flags.ended) return;
  const bool proven = scope_ == PacketScope::Control ? flags.synack : flags.handshake;
  if (flags.synack && flags.synack_repeated && t.syn && t.ack && !flags.handshake && !t.rst) {
    out.add(EventKind::HalfOpen);
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
    const bool checked = scope_ == PacketScope::All && t.peer_state != EndState::Inactive;
    flags.rst_basis =
        static_cast<std::uint32_t>(checked ? RstBasis::Verified : RstBasis::Unverified) & 3u;
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
