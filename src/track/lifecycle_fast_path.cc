// The short way through Lifecycle for what traffic is full of: a SYN, its SYN-ACK, what comes in
// order, an orderly end. The state machine in lifecycle.cc is the truth; whatever is not quite
// usual is left to it, and tests/property/track/usual_test.cc holds both against each other.
#include <bit>

#include "synfin/base/sequence.h"
#include "track/lifecycle.h"

namespace synfin {
namespace {

constexpr std::uint16_t kOpening = kSyn | kFin | kRst | kAck;

/// More than any packet carries: keeps sums of sequence numbers away from their turning point.
constexpr std::uint32_t kMuchPayload = 1 << 24;

std::uint32_t bits(SlotSideFlags flags) { return std::bit_cast<std::uint32_t>(flags); }
std::uint32_t bits(SlotFlags flags) { return std::bit_cast<std::uint32_t>(flags); }
SlotSideFlags side_flags(std::uint32_t word) { return std::bit_cast<SlotSideFlags>(word); }

/// Nothing is missing below an end's newest number.
constexpr bool whole(const SlotSideFlags& end) { return !(end.hole | end.ack_ahead); }

// Not constexpr, for clang: it does not yet know the bits of bit-fields when it compiles.

/// What steady() answers, a bit for each value of the six lowest flags, which it asks.
const std::uint64_t kSteady = [] {
  std::uint64_t answers = 0;
  for (std::uint32_t flags = 0; flags < 64; ++flags) {
    const auto end = std::bit_cast<SlotSideFlags>(flags);
    const auto state = static_cast<EndState>(end.state);
    const bool yes =
        whole(end) && (state == EndState::Established || (state == EndState::Closed && end.closed));
    answers |= std::uint64_t{yes} << flags;
  }
  return answers;
}();

/// 1 where an end is established, or has said goodbye with nothing missing before, and nothing is
/// missing since; else 0.
std::uint64_t steady(std::uint32_t end) { return kSteady >> (end & 63u) & 1u; }

/// The handshake is done, or `completes` it; the connection has ended where both ends have closed,
/// and not before.
bool in_step(std::uint32_t flags, bool both_closed, bool completes) {
  constexpr SlotFlags kAsked{.handshake = 1, .opened = 1, .ended = 1, .unreachable = 1};
  constexpr SlotFlags kAskedBefore{.synack = 1, .handshake = 1, .ended = 1, .unreachable = 1};
  const std::uint32_t ended = bits(SlotFlags{.ended = 1}) * both_closed;
  const bool done =
      (flags & bits(kAsked)) == (bits(SlotFlags{.handshake = 1, .opened = 1}) | ended);
  const bool before = (flags & bits(kAskedBefore)) == bits(SlotFlags{.synack = 1});
  return done | (before & completes & !both_closed);
}

/// Where HistoryBits lie in a word of flags.
const unsigned kHistoryAt = [] {
  unsigned at = 0;
  while (std::bit_cast<SlotSideFlags>(1u << at).history != 1) ++at;
  return at;
}();

/// What a segment in order writes into the history, once.
struct Entry {
  std::uint32_t told;  ///< the flag of having written it
  Letter letter;
};
const Entry kAckEntry{std::uint32_t{kHistAck} << kHistoryAt, Letter::A};
const Entry kDataEntry{std::uint32_t{kHistData} << kHistoryAt, Letter::D};
const Entry kFinEntry{std::uint32_t{kHistFin} << kHistoryAt, Letter::F};
/// By kFin, and by whether there is payload.
const Entry kEntries[2][2] = {{kAckEntry, kDataEntry}, {kFinEntry, kFinEntry}};
static_assert(kFin == 1);

/// Room for a letter where it is needed, without a Detail.
bool takes_letter(const Slot& slot) { return !slot.flags.has_detail & !slot.history.full(); }

void set_state(SlotSideFlags& end, EndState state) {
  end.previous = end.state;
  end.state = static_cast<std::uint32_t>(state) & 7u;
}

/// Not zero where the segment does not continue what both ends have said so far, or where a counter
/// would overflow.
std::uint32_t out_of_order(const SlotSide& own, const SlotSide& peer, const Segment& s,
                           std::uint32_t taken) {
  std::uint32_t wrong = (s.flags & (kSyn | kRst | kAck)) ^ kAck;
  wrong |= s.seq ^ own.last;
  wrong |= ((peer.last - s.ack) | (s.ack - peer.start)) >> 31;
  wrong |= s.payload / kMuchPayload;
  wrong |= static_cast<std::uint32_t>((std::uint64_t{own.last} + taken) >> 32);
  wrong |= static_cast<std::uint32_t>((std::uint64_t{own.ip_bytes} + s.ip_length) >> 32);
  wrong |= (own.packets + 1u) >> 24;
  return wrong | (s.window - 1u) >> 31;
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
  if (scope_ == PacketScope::Control) slot.flags.opened = 1;
  return true;
}

/// What is asked is asked in whole words and answered in two branches, which nearly always go the
/// same way. Which letter is told and what is acknowledged, nobody can foresee: that takes none.
FastPath Lifecycle::apply_fast_path(Slot& slot, const Segment& s, unsigned e) const {
  SlotSide& side = slot.side[e];
  const SlotSide& peer_side = slot.side[e ^ 1u];
  const std::uint32_t fin = s.flags & kFin;
  const std::uint32_t taken = s.payload + fin;
  if (out_of_order(side, peer_side, s, taken) != 0) [[unlikely]]
    return FastPath::No;

  std::uint32_t own = bits(slot.side_flags[e]);
  const std::uint32_t peer = bits(slot.side_flags[e ^ 1u]);
  const std::uint32_t flags = bits(slot.flags);
  const std::uint32_t closed = own & bits(SlotSideFlags{.closed = 1});
  const Entry& entry = kEntries[fin][s.payload > 0];
  const bool told = (own & entry.told) != 0;
  const bool room = (told & (fin == 0)) | (!told & takes_letter(slot));
  const bool follows_the_end = (flags & bits(SlotFlags{.ended = 1})) != 0;
  const bool timely = s.time >= slot.last;
  const bool goes_on = in_step(flags, (closed & peer) != 0, e == slot.orig());
  const bool whole_so_far = (steady(own) & steady(peer)) != 0;
  const bool expected =
      whole_so_far & ((closed == 0) | (taken == 0)) & goes_on & room & (follows_the_end | timely);
  if (!expected) [[unlikely]]
    return FastPath::No;

  side.ip_bytes += s.ip_length;
  slot.history.append_if(!told, entry.letter, e);
  own |= entry.told;
  const bool acked = seq_after(s.ack, peer_side.start + 1);
  slot.side_flags[e ^ 1u] = side_flags(peer | bits(SlotSideFlags{.acked = 1}) * acked);
  side.packets = (side.packets + 1) & 0xFFFFFFu;
  if (follows_the_end) {
    slot.side_flags[e] = side_flags(own);
    return FastPath::Trailing;
  }
  side.ttl = s.ttl;
  slot.last = s.time;
  side.last += taken;
  own &= ~(bits(SlotSideFlags{.last_is_rst = 1}) * (taken > 0));
  own |= bits(SlotSideFlags{.data = 1}) * ((s.payload > 0) & (scope_ == PacketScope::All));
  slot.side_flags[e] = side_flags(own);
  const FastPath did = (flags & bits(SlotFlags{.handshake = 1})) ? FastPath::Counted
                                                                 : complete_handshake(slot, s.time);
  return fin != 0 ? on_fin(slot, e, did) : did;
}

/// The originator's first acknowledgement of the SYN-ACK.
FastPath Lifecycle::complete_handshake(Slot& slot, Timestamp now) const {
  slot.flags.handshake = 1;
  if (scope_ == PacketScope::All && !slot.flags.synack_repeated && slot.synack_rtt.known()) {
    slot.ack_rtt.set(now - slot.first - slot.synack_rtt.get());
  }
  if (slot.flags.opened) return FastPath::Counted;
  slot.flags.opened = 1;
  return FastPath::Opened;
}

FastPath Lifecycle::on_fin(Slot& slot, unsigned e, FastPath did) {
  SlotSideFlags own = slot.side_flags[e];
  own.last_proven = own.closed = 1;
  set_state(own, EndState::Closed);
  slot.side_flags[e] = own;
  const bool both = slot.state(e ^ 1u) == EndState::Closed;
  SlotFlags flags = slot.flags;
  if (flags.closed_by == 0) flags.closed_by = (1 + e) & 3u;
  flags.ended = both;
  slot.flags = flags;
  if (did == FastPath::Opened)
    return both ? FastPath::OpenedAndClosed : FastPath::OpenedAndHalfClosed;
  return both ? FastPath::Closed : FastPath::HalfClosed;
}

}  // namespace synfin
