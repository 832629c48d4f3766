// SYNs on a known tuple: a retransmission, a candidate for a new connection, or a forgery. See
// connection_table_impl.h.
#include <algorithm>

#include "synfin/base/sequence.h"
#include "track/connection_table_impl.h"

namespace synfin {

/// True if `s`, which carries a SYN, begins another connection than the ended one in `slot`.
bool ConnectionTable::Impl::begins_anew(const Slot& slot, const Segment& s, unsigned sender) {
  const bool synack = (s.flags & kAck) != 0;
  // A SYN-ACK that acknowledges the old SYN answers it, late or with another number.
  if (synack && s.ack == slot.side[sender ^ 1u].start + 1) return false;
  if (slot.state(sender) == EndState::Inactive) return !synack;
  // Its SYN was not captured, although the capture has both directions: it may be forged.
  const bool both_seen = slot.state(sender ^ 1u) != EndState::Inactive;
  if (synack && both_seen && slot.queue() != Queue::Remembered) return false;
  return s.seq != slot.side[sender].start;
}

/// Handles a SYN or SYN-ACK on a connection whose record is not written. Returns true if the
/// segment needs no further step.
bool ConnectionTable::Impl::handle_opening(std::uint32_t id, const Segment& s, unsigned sender,
                                           EventBuffer& out) {
  Slot& slot = slots[id];
  const bool synack = (s.flags & kAck) != 0;
  if (synack && answers_candidate(slot, s, sender)) {
    promote(id, out);
    return false;
  }
  if (slot.flags.ended) {
    if (!begins_anew(slot, s, sender)) return false;
    if (!synack && is_candidate(slot, s.seq, sender)) {
      promote(id, out);  // and `s` repeats its SYN
      return false;
    }
    write_record(id, record_context, out);
    begin_again(id, s, sender, out);
    return true;
  }
  const auto basis = static_cast<DirectionBasis>(slot.flags.direction_basis);
  const bool guessed = basis == DirectionBasis::Port || basis == DirectionBasis::First;
  const bool unseen = slot.state(sender) == EndState::Inactive;
  const bool fits = synack ? unseen || s.seq == slot.side[sender].start
                           : !Lifecycle::is_other_syn(slot, s, sender);
  if (basis == DirectionBasis::Synack && !synack && fits && sender == slot.orig()) {
    set_direction(slot, sender, synack);
  }
  if (guessed && fits) set_direction(slot, synack ? sender ^ 1u : sender, synack);
  if (synack || fits) return false;
  if (unseen && is_unproven(slot)) {
    // A stray packet of the other end came before, so there is no connection that may continue.
    end_now(id, EventKind::Reused, s.time, out);
    begin_again(id, s, sender, out);
    return true;
  }
  return note_candidate(id, s, sender, out);
}

void ConnectionTable::Impl::set_direction(Slot& slot, unsigned orig, bool synack) {
  const auto basis = synack ? DirectionBasis::Synack : DirectionBasis::Syn;
  slot.flags.direction_basis = static_cast<unsigned>(basis) & 3u;
  if (slot.orig() == orig) return;
  slot.flags.orig = orig & 1u;
  lifecycle.append_history(slot, Letter::Flip, orig);
}

bool ConnectionTable::Impl::answers_candidate(const Slot& slot, const Segment& s,
                                              unsigned sender) const {
  const Detail* detail = details.of(slot);
  if (detail == nullptr || detail->candidate.packets == 0 || (s.flags & kAck) == 0) return false;
  const SynCandidate& c = detail->candidate;
  return c.end != sender && seq_between(s.ack, c.isn + 1, c.isn + 1 + c.payload);
}

/// True if `isn` is the number of a SYN of `sender` that is a candidate.
bool ConnectionTable::Impl::is_candidate(const Slot& slot, std::uint32_t isn,
                                         unsigned sender) const {
  const Detail* detail = details.of(slot);
  return detail != nullptr && detail->candidate.packets > 0 && detail->candidate.end == sender &&
         detail->candidate.isn == isn;
}

/// True if the connection has a candidate that is a connection of its own, answered or not, because
/// only one end of the old one was seen.
bool ConnectionTable::Impl::has_lone_candidate(const Slot& slot) const {
  const Detail* detail = details.of(slot);
  if (detail == nullptr || detail->candidate.packets == 0 || slot.flags.ended) return false;
  return slot.state(0) == EndState::Inactive || slot.state(1) == EndState::Inactive;
}

/// Begins the connection of a lone candidate while nothing has ended the old one.
void ConnectionTable::Impl::begin_lone_candidate(std::uint32_t id, EventBuffer& out) {
  const Slot& slot = slots[id];
  const bool unanswered = slot.flags.syn && slot.state(slot.resp()) == EndState::Inactive;
  begin_candidate(id, unanswered ? EventKind::Unanswered : EventKind::Reused, out);
}

/// Stores a SYN with a new initial sequence number. Returns true if the segment needs no further
/// step.
bool ConnectionTable::Impl::note_candidate(std::uint32_t id, const Segment& s, unsigned sender,
                                           EventBuffer& out) {
  Slot& slot = slots[id];
  const bool unanswered = slot.state(slot.resp()) == EndState::Inactive;
  Detail* detail = details.ensure(slot);
  if (detail == nullptr) {
    if (!unanswered) return false;
    end_now(id, EventKind::Unanswered, clock.now(), out);
    begin_again(id, s, sender, out);
    return true;
  }
  SynCandidate& c = detail->candidate;
  if (c.packets > 0 && c.isn != s.seq && unanswered) {
    // A third attempt ends the first one.
    begin_candidate(id, EventKind::Unanswered, out);
    return note_candidate(id, s, sender, out);
  }
  if (c.packets > 0 && c.isn == s.seq) {
    ++c.packets;
    c.ip_bytes += s.ip_length;
  } else {
    if (c.packets > 0) add_candidate_to(slot, c);
    c = {.time = s.time,
         .isn = s.seq,
         .payload = std::min(s.payload, SynCandidate::kMaxPayload) & SynCandidate::kMaxPayload,
         .encapsulation = encapsulations.id(s.encapsulation) & 0xFFFu,
         .ip_bytes = s.ip_length,
         .packets = 1,
         .end = static_cast<std::uint8_t>(sender),
         .scale = s.window_scale};
  }
  return true;
}

/// Counts an unanswered candidate as packets of the old connection.
void ConnectionTable::Impl::add_candidate_to(Slot& slot, const SynCandidate& c) {
  slot.side[c.end].set_packets(slot.side[c.end].packets() + c.packets);
  slot.side[c.end].ip_bytes += c.ip_bytes;
}

/// The candidate was answered, or the old connection has ended before: the old one ends as reused
/// unless it has ended, and the new one begins with the SYN of the candidate.
void ConnectionTable::Impl::promote(std::uint32_t id, EventBuffer& out) {
  begin_candidate(id, EventKind::Reused, out);
}

void ConnectionTable::Impl::begin_candidate(std::uint32_t id, EventKind why, EventBuffer& out) {
  const SynCandidate c = details.of(slots[id])->candidate;
  details.of(slots[id])->candidate = {};
  end_now(id, why, c.time, out);
  const Slot& slot = slots[id];
  Segment syn;
  syn.time = c.time;
  syn.tuple = {{slot.address[c.end], slot.port[c.end]},
               {slot.address[c.end ^ 1u], slot.port[c.end ^ 1u]},
               slot.transport()};
  syn.seq = c.isn;
  syn.flags = kSyn;
  syn.window = 1;
  syn.window_scale = c.scale;
  syn.payload = c.payload;
  syn.ip_length = c.ip_bytes;
  syn.encapsulation = encapsulations.at(c.encapsulation);
  begin_again(id, syn, c.end, out);
  slots[id].side[c.end].set_packets(c.packets);
  slots[id].set_syn_retries(c.packets - 1u);
}

}  // namespace synfin
