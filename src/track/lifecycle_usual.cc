// The short way through Lifecycle for what traffic is full of: a SYN, its SYN-ACK, what comes in
// order, an orderly end. The state machine in lifecycle.cc is the truth; whatever is not quite
// usual is left to it, and tests/property/track/usual_test.cc holds both against each other.
#include <bit>

#include "synfin/base/sequence.h"
#include "synfin/track/lifecycle.h"

namespace synfin {
namespace {

constexpr std::uint16_t kOpening = kSyn | kFin | kRst | kAck;

/// More than any packet carries: keeps sums of sequence numbers away from their turning point.
constexpr std::uint32_t kMuchPayload = 1 << 24;

std::uint32_t bits(SlotSideFlags flags) { return std::bit_cast<std::uint32_t>(flags); }
std::uint32_t bits(SlotFlags flags) { return std::bit_cast<std::uint32_t>(flags); }

/// In the middle of a whole connection: both ends established, nothing missing below the newest
/// number. Each word of flags is asked once, for all that it must and must not say.
bool under_way(SlotFlags flags, SlotSideFlags own, SlotSideFlags peer) {
  const auto established = static_cast<std::uint32_t>(EndState::Established) & 7u;
  const SlotSideFlags asked{.state = 7, .closed = 1, .ack_ahead = 1, .hole = 1};
  const SlotSideFlags wanted{.state = established};
  const SlotFlags asked_of_both{.handshake = 1, .opened = 1, .ended = 1, .unreachable = 1};
  const SlotFlags wanted_of_both{.handshake = 1, .opened = 1};
  return (bits(own) & bits(asked)) == bits(wanted) && (bits(peer) & bits(asked)) == bits(wanted) &&
         (bits(flags) & bits(asked_of_both)) == bits(wanted_of_both);
}

/// Nothing is missing below an end's newest number.
bool whole(const SlotSideFlags& end) { return !(end.hole | end.ack_ahead); }

/// Established, or said goodbye with nothing missing before.
bool steady(const SlotSideFlags& end) {
  const auto state = static_cast<EndState>(end.state);
  return whole(end) &&
         (state == EndState::Established || (state == EndState::Closed && end.closed));
}

/// Where the handshake completes, one end has closed or both have: may `e` still send what takes
/// `taken` numbers?
bool near_an_end(const Slot& slot, unsigned e, std::uint32_t taken) {
  const SlotSideFlags& own = slot.side_flags[e];
  const SlotSideFlags& peer = slot.side_flags[e ^ 1u];
  const SlotFlags& flags = slot.flags;
  const bool both_closed = own.closed & peer.closed;
  return steady(own) && steady(peer) && !(own.closed && taken > 0) && both_closed == flags.ended &&
         !flags.unreachable &&
         (flags.handshake ? flags.opened != 0 : e == slot.orig() && flags.synack && !flags.ended);
}

HistoryBit letter_bit(bool fin, std::uint32_t payload) {
  return fin ? kHistFin : payload > 0 ? kHistData : kHistAck;
}

Letter letter_of(HistoryBit bit) {
  return bit == kHistFin ? Letter::F : bit == kHistData ? Letter::D : Letter::A;
}

/// Room for a letter where it is needed, without a Detail.
bool takes_letter(const Slot& slot) { return !slot.flags.has_detail && !slot.history.full(); }

void set_state(SlotSideFlags& end, EndState state) {
  end.previous = end.state;
  end.state = static_cast<std::uint32_t>(state) & 7u;
}

}  // namespace

bool Lifecycle::is_plain_syn(const Segment& s) {
  return s.kind == SegmentKind::Tcp && (s.flags & kOpening) == kSyn && s.payload == 0 &&
         s.window != 0;
}

void Lifecycle::begin_with_syn(Slot& slot, const Segment& s, unsigned sender) {
  slot.flags = {};
  slot.flags.orig = sender & 1u;
  slot.flags.direction_basis = static_cast<std::uint32_t>(DirectionBasis::Syn) & 3u;
  slot.flags.syn = 1;
  slot.first = slot.last = s.time;
  slot.side[sender ^ 1u] = {};
  SlotSide& side = slot.side[sender];
  side.start = s.seq;
  side.last = s.seq + 1;
  side.ip_bytes = s.ip_length;
  side.packets = 1;
  side.ttl = s.ttl;
  slot.history = {};
  slot.history.append(Letter::S, sender);
  slot.synack_rtt = slot.ack_rtt = PackedRtt{};
  slot.side_flags[sender ^ 1u] = {};
  SlotSideFlags own;
  own.state = static_cast<std::uint32_t>(EndState::SynSent) & 7u;
  own.history = kHistSyn;
  slot.side_flags[sender] = own;
}

bool Lifecycle::apply_first_synack(Slot& slot, const Segment& s, unsigned e) const {
  const unsigned p = e ^ 1u;
  SlotSide& peer_side = slot.side[p];
  SlotSideFlags& peer = slot.side_flags[p];
  const bool usual =
      (s.flags & kOpening) == (kSyn | kAck) && s.payload == 0 && s.window != 0 &&
      e != slot.orig() && slot.flags.syn && !slot.flags.synack &&
      !(slot.flags.ended | slot.flags.unreachable | slot.flags.opened) &&
      slot.flags.direction_basis == static_cast<std::uint32_t>(DirectionBasis::Syn) &&
      std::bit_cast<std::uint32_t>(slot.side_flags[e]) == 0 && slot.side[e].packets == 0 &&
      static_cast<EndState>(peer.state) == EndState::SynSent && whole(peer) &&
      s.ack == peer_side.start + 1 && peer_side.last == s.ack && s.time >= slot.last &&
      takes_letter(slot);
  if (!usual) return false;
  SlotSide& side = slot.side[e];
  side.start = s.seq;
  side.last = s.seq + 1;
  side.ip_bytes = s.ip_length;
  side.packets = 1;
  side.ttl = s.ttl;
  SlotSideFlags own;
  own.state = static_cast<std::uint32_t>(EndState::Established) & 7u;
  own.history = kHistSyn;
  slot.side_flags[e] = own;
  set_state(peer, EndState::Established);
  slot.history.append(Letter::H, e);
  slot.last = s.time;
  slot.flags.synack = 1;
  if (peer.syn_retries == 0) slot.synack_rtt.set(s.time - slot.first);
  if (diet_ == Diet::Control) slot.flags.opened = 1;
  return true;
}

Usual Lifecycle::apply_usual(Slot& slot, const Segment& s, unsigned e) const {
  SlotSide& side = slot.side[e];
  const SlotSide& peer_side = slot.side[e ^ 1u];
  const SlotSideFlags own = slot.side_flags[e];
  const SlotSideFlags peer = slot.side_flags[e ^ 1u];
  const bool fin = (s.flags & kFin) != 0;
  const std::uint32_t taken = s.payload + fin;
  const std::uint32_t last = side.last + taken;
  const std::uint32_t bytes = side.ip_bytes + s.ip_length;
  const HistoryBit bit = letter_bit(fin, s.payload);
  const bool told = (own.history & bit) != 0;
  const bool in_order = (s.flags & (kSyn | kRst | kAck)) == kAck && s.seq == side.last &&
                        s.window != 0 && s.payload < kMuchPayload &&
                        seq_delta(s.ack, peer_side.last) <= 0 &&
                        !seq_before(s.ack, peer_side.start) && last >= side.last &&
                        bytes >= side.ip_bytes && side.packets != 0xFFFFFF;
  const bool usual =
      in_order && (under_way(slot.flags, own, peer) || near_an_end(slot, e, taken)) &&
      (told ? !fin : takes_letter(slot)) && (slot.flags.ended || s.time >= slot.last);
  if (!usual) return Usual::No;

  side.ip_bytes = bytes;
  side.packets = (side.packets + 1) & 0xFFFFFFu;
  SlotSideFlags& flags = slot.side_flags[e];
  if (!told) {
    flags.history |= bit & 0x7Fu;
    slot.history.append(letter_of(bit), e);
  }
  if (seq_after(s.ack, peer_side.start + 1)) slot.side_flags[e ^ 1u].acked = 1;
  if (slot.flags.ended) return Usual::Trailing;
  side.ttl = s.ttl;
  slot.last = s.time;
  const Usual did = slot.flags.handshake ? Usual::Counted : complete_handshake(slot, s.time);
  if (taken == 0) return did;
  side.last = last;
  flags.last_is_rst = 0;
  if (s.payload > 0 && diet_ == Diet::All) flags.data = 1;
  return fin ? say_goodbye(slot, e, did) : did;
}

/// The originator's first acknowledgement of the SYN-ACK.
Usual Lifecycle::complete_handshake(Slot& slot, Timestamp now) const {
  slot.flags.handshake = 1;
  if (diet_ == Diet::All && !slot.flags.synack_repeated && slot.synack_rtt.known()) {
    slot.ack_rtt.set(now - slot.first - slot.synack_rtt.get());
  }
  if (slot.flags.opened) return Usual::Counted;
  slot.flags.opened = 1;
  return Usual::Opened;
}

Usual Lifecycle::say_goodbye(Slot& slot, unsigned e, Usual did) {
  SlotSideFlags& own = slot.side_flags[e];
  own.last_proven = 1;
  own.closed = 1;
  set_state(own, EndState::Closed);
  if (slot.flags.closed_by == 0) slot.flags.closed_by = (1 + e) & 3u;
  const bool both = slot.state(e ^ 1u) == EndState::Closed;
  if (both) slot.flags.ended = 1;
  if (did == Usual::Opened) return both ? Usual::OpenedAndClosed : Usual::OpenedAndHalfClosed;
  return both ? Usual::Closed : Usual::HalfClosed;
}

}  // namespace synfin
