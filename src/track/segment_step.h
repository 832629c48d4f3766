/// \file
/// Lifecycle::SegmentStep: one segment, its connection, and values derived from both. Only the
/// files that implement Lifecycle include it.
#pragma once

#include "track/lifecycle.h"

namespace synfin {

struct Lifecycle::SegmentStep {
  SegmentStep(Slot& connection, const Segment& segment, unsigned from)
      : slot(connection),
        s(segment),
        sender(from),
        peer(from ^ 1u),
        syn((segment.flags & kSyn) != 0),
        fin((segment.flags & kFin) != 0),
        rst((segment.flags & kRst) != 0),
        ack((segment.flags & kAck) != 0),
        sender_is_orig(from == connection.orig()),
        state_before(connection.state(from)),
        peer_state(connection.state(from ^ 1u)),
        // An RST takes no number: its payload is a message (RFC 9293 §3.5.3).
        end_seq(segment.seq + (rst ? 0 : segment.payload + syn + fin)),
        old_last(connection.side[from].last) {}

  SlotSide& own_side() const { return slot.side[sender]; }
  SlotSide& peer_side() const { return slot.side[peer]; }
  SlotSideFlags& own_flags() const { return slot.side_flags[sender]; }
  SlotSideFlags& peer_flags() const { return slot.side_flags[peer]; }
  void become(EndState state) const { slot.set_state(sender, state); }

  /// The event for the RST that has just ended the connection.
  EventKind reset_kind(PacketScope scope) const {
    if (!syn && !fin && slot.nothing_but_answers()) return EventKind::Backscatter;
    if (!sender_is_orig && state_before == EndState::Inactive && peer_state == EndState::SynSent) {
      // An RST without ACK answers a later segment; is_refused() in fill_record.cc agrees.
      return slot.flags.handshake && !ack ? EventKind::Reset : EventKind::Refused;
    }
    return sender_is_orig && before_handshake(scope) ? EventKind::Aborted : EventKind::Reset;
  }

  /// True if the originator had not acknowledged the SYN-ACK. With control packets only, a bare RST
  /// that directly follows the SYN in sequence shows this, because a host answers a SYN-ACK that it
  /// does not expect with such an RST (RFC 9293 §3.10.7.1).
  bool before_handshake(PacketScope scope) const {
    if ((!slot.flags.syn && !slot.flags.synack) || slot.flags.handshake) return false;
    if (scope == PacketScope::All || !slot.flags.synack) return true;
    if ((peer_flags().history & kHistFin) != 0)
      return false;  // it closed after the originator's ACK
    return !ack && s.seq == own_side().start + 1;
  }

  Slot& slot;
  const Segment& s;
  const unsigned sender;  ///< the end that sent the segment
  const unsigned peer;    ///< the other end
  const bool syn, fin, rst, ack;
  const bool sender_is_orig;
  EndState state_before;
  EndState peer_state;
  const std::uint32_t end_seq;  ///< one past the sequence numbers of the segment
  RstBasis rst_basis = RstBasis::Unverified;
  Duration silence{};                   ///< since the packet before it
  bool first_acknowledgement = false;   ///< the originator's first one of the SYN-ACK
  bool announces_half_open = false;     ///< the 1st, 10th, 100th … repetition of the SYN-ACK
  GapClaim confirmed;                   ///< what it confirms of the peer; empty data = nothing
  bool peer_acked_known = false;        ///< an earlier segment had acknowledged the unseen peer
  std::uint32_t peer_acked_before = 0;  ///< that acknowledgement
  std::uint32_t old_last;               ///< `last` of the sender before the segment
};

}  // namespace synfin
