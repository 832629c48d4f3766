// The fast path of Lifecycle for the most common segments: a SYN, its SYN-ACK, data in order, and
// FINs. The state machine in lifecycle.cc defines the results and handles every other segment.
// tests/property/track/fast_path_test.cc compares the two.
#include <algorithm>
#include <array>
#include <bit>

#include "synfin/base/sequence.h"
#include "track/lifecycle.h"
#include "track/sequence_window.h"

namespace synfin {
namespace {

constexpr std::uint16_t kOpening = kSyn | kFin | kRst | kAck;

/// No packet carries as much payload. Below it, the distance of two sequence numbers stays under
/// 2^31.
constexpr std::uint32_t kMaxPayload = 1 << 24;

std::uint32_t bits(SlotSideFlags flags) { return std::bit_cast<std::uint32_t>(flags); }
std::uint32_t bits(SlotFlags flags) { return std::bit_cast<std::uint32_t>(flags); }
SlotSideFlags side_flags(std::uint32_t word) { return std::bit_cast<SlotSideFlags>(word); }

/// True if no data is missing below the highest number of an end.
constexpr bool is_whole(const SlotSideFlags& end) { return !(end.hole | end.ack_ahead); }

// Not constexpr, because clang cannot evaluate std::bit_cast of bit-fields at compile time.

/// The results of steady(), one bit for each value of the six lowest flags.
const std::uint64_t kSteady = [] {
  std::uint64_t results = 0;
  for (std::uint32_t flags = 0; flags < 64; ++flags) {
    const auto end = std::bit_cast<SlotSideFlags>(flags);
    const auto state = static_cast<EndState>(end.state);
    const bool yes = is_whole(end) &&
                     (state == EndState::Established || (state == EndState::Closed && end.closed));
    results |= std::uint64_t{yes} << flags;
  }
  return results;
}();

/// The lowest bit is 1 if no data of an end is missing and it is established or closed by a FIN.
std::uint64_t steady(std::uint32_t end) { return kSteady >> (end & 63u); }

/// The offset of a flag in the words of flags.
const unsigned kHistoryAt = std::countr_zero(bits(SlotSideFlags{.history = 1}));
const unsigned kClosedAt = std::countr_zero(bits(SlotSideFlags{.closed = 1}));
const unsigned kOrigAt = std::countr_zero(bits(SlotFlags{.orig = 1}));
const unsigned kHandshakeAt = std::countr_zero(bits(SlotFlags{.handshake = 1}));
const unsigned kSynAckAt = std::countr_zero(bits(SlotFlags{.synack = 1}));

/// The results of consistent(), one bit for each value of the six flags from SlotFlags::synack.
/// Indexed by whether both ends have closed, and whether the sender is the originator.
const std::array<std::uint64_t, 4> kConsistent = [] {
  std::array<std::uint64_t, 4> results{};
  for (std::uint32_t value = 0; value < 64; ++value) {
    const auto flags = std::bit_cast<SlotFlags>(value << kSynAckAt);
    const bool complete = flags.handshake && flags.opened && !flags.unreachable;
    const bool answered = flags.synack && !flags.handshake && !flags.ended && !flags.unreachable;
    const std::uint64_t bit = std::uint64_t{1} << value;
    const unsigned both_closed = flags.ended;
    if (complete) results[2 * both_closed] |= bit;
    if (complete || answered) results[2 * both_closed + 1] |= bit;
  }
  return results;
}();

/// The lowest bit is 1 if the handshake is complete, or the segment of `sender` completes it, and
/// if the connection has ended if and only if both ends have closed (1, else 0).
std::uint64_t consistent(std::uint32_t flags, std::uint32_t both_closed, unsigned sender) {
  const std::uint32_t by_orig = (~(flags >> kOrigAt) ^ sender) & 1u;
  return kConsistent[2 * both_closed + by_orig] >> (flags >> kSynAckAt & 63u);
}

/// What a segment in order changes in its sender's flags, and its letter in the history.
struct SegmentRule {
  std::uint32_t written;  ///< the flag that the letter is in the history
  std::uint32_t set;
  std::uint32_t keep;  ///< the flags that are not cleared
  Letter letter;
};
SegmentRule rule_of(PacketScope scope, bool fin, bool payload) {
  const Letter letter = fin ? Letter::F : payload ? Letter::D : Letter::A;
  const std::uint32_t history = fin ? kHistFin : payload ? kHistData : kHistAck;
  const std::uint32_t written = history << kHistoryAt;
  const bool data = payload && scope == PacketScope::All;
  return {.written = written,
          .set = written | bits(SlotSideFlags{.data = data}),
          .keep = ~bits(SlotSideFlags{.last_is_rst = fin || payload}),
          .letter = letter};
}
/// Indexed by the scope, kFin, and whether the segment has payload.
const auto kRules = [] {
  std::array<std::array<std::array<SegmentRule, 2>, 2>, 2> rules{};
  for (const PacketScope scope : {PacketScope::All, PacketScope::Control}) {
    for (unsigned i = 0; i < 4; ++i)
      rules[static_cast<unsigned>(scope)][i >> 1][i & 1] = rule_of(scope, i >> 1 != 0, i & 1);
  }
  return rules;
}();
static_assert(kFin == 1);

/// True if a letter can be appended without a Detail.
bool takes_letter(const Slot& slot) { return !slot.flags.has_detail & !slot.history.full(); }

void set_state(SlotSideFlags& end, EndState state) {
  end.previous = end.state;
  end.state = static_cast<std::uint32_t>(state) & 7u;
}

/// The totals of an end after a segment, and whether a counter would overflow.
struct NextTotals {
  std::uint32_t last;
  std::uint32_t ip_bytes;
  std::uint32_t counts;  ///< SlotSide::counts
  bool overflow;
};
NextTotals next_totals(const SlotSide& own, const Segment& s, std::uint32_t length) {
  NextTotals next;
  const bool last_wraps = __builtin_add_overflow(own.last, length, &next.last);
  const bool bytes_wrap = __builtin_add_overflow(own.ip_bytes, s.ip_length, &next.ip_bytes);
  next.counts = own.counts + 1;
  next.overflow = last_wraps | bytes_wrap | ((next.counts & kPacketsMask) == 0);
  return next;
}

/// True if the segment is the next one in order and within its window.
bool is_in_order(const SlotSide& own, const SlotSide& peer, const Segment& s, std::uint32_t length,
                 std::uint32_t own_flags) {
  const std::uint32_t nonzero =
      ((s.flags & (kSyn | kRst | kAck)) ^ kAck) | (s.seq ^ own.last) | s.payload / kMaxPayload;
  const std::uint32_t negative = (peer.last - s.ack) | (s.ack - peer.start - 1u) | (s.window - 1u);
  const unsigned omitted = omitted_bits(peer);
  const std::uint32_t credit = (own_flags & kEdgeMask) - (own.last << omitted);
  return ((nonzero | negative >> 31) == 0) & (std::uint64_t{length} << omitted <= credit);
}

/// The flags of the peer after the segment with its new right edge. The first window after the
/// handshake replaces the initial credit; later ones only move the edge forward.
std::uint32_t with_next_edge(std::uint32_t peer_flags, const Segment& s, const SlotSide& own,
                             std::uint32_t peer_last, std::uint32_t handshake) {
  const auto [scale, omitted] = window_shifts(own);
  const std::uint32_t last = peer_last << omitted;
  const std::uint32_t kept = ((peer_flags & kEdgeMask) - last) & (0u - handshake);
  const std::uint32_t right = s.ack + (std::uint32_t{s.window} << scale);
  const std::int64_t offered = std::int64_t{seq_delta(right, peer_last)} << omitted;
  return (peer_flags & ~kEdgeMask) | at_edge(last, std::max<std::int64_t>(kept, offered));
}

/// The side of an end that has sent the SYN or SYN-ACK `s`.
SlotSide begun_side(const Segment& s) {
  const bool scaled = s.window_scale != kNoWindowScale;
  SlotSide side{.start = s.seq, .last = s.seq + 1, .ip_bytes = s.ip_length};
  side.set_packets(1);
  side.set_scale(scaled ? std::min<unsigned>(s.window_scale, kMaxWindowScale) : 0u);
  return side;
}

}  // namespace

bool Lifecycle::is_plain_syn(const Segment& s) {
  return s.kind == SegmentKind::Tcp && (s.flags & kOpening) == kSyn && s.payload == 0 &&
         s.window != 0;
}

void Lifecycle::begin_with_syn(Slot& slot, const Segment& s, unsigned sender) {
  slot.flags = {};
  slot.flags.udp = s.tuple.transport == Transport::Udp;
  slot.flags.orig = sender & 1u;
  slot.flags.direction_basis = static_cast<std::uint32_t>(DirectionBasis::Syn) & 3u;
  slot.flags.syn = 1;
  slot.first = slot.last = s.time;
  slot.side[sender ^ 1u] = {};
  if (s.window_scale == kNoWindowScale) slot.side[sender ^ 1u].set_scale(0);
  slot.side[sender] = begun_side(s);
  slot.history = {};
  slot.history.append(Letter::S, sender);
  slot.synack_rtt = slot.ack_rtt = PackedRtt{};
  slot.side_flags[sender ^ 1u] = {};
  SlotSideFlags own;
  own.state = static_cast<std::uint32_t>(EndState::SynSent) & 7u;
  own.history = kHistSyn;
  constexpr unsigned kOmitted = kWindowShifts[kUnknownScale].omitted;
  static_assert(kOmitted == kWindowShifts[0].omitted);  // the peer's scale is one of these two
  own.edge = edge_for(s.seq + 1, kInitialCredit, kOmitted) & 0xFFFu;
  slot.side_flags[sender] = own;
}

bool Lifecycle::apply_first_synack(Slot& slot, const Segment& s, unsigned e) const {
  const unsigned p = e ^ 1u;
  SlotSide& peer_side = slot.side[p];
  SlotSideFlags& peer = slot.side_flags[p];
  const bool matches =
      (s.flags & kOpening) == (kSyn | kAck) && s.payload == 0 && s.window != 0 &&
      e != slot.orig() && slot.flags.syn && !slot.flags.synack &&
      !(slot.flags.ended | slot.flags.unreachable | slot.flags.opened) &&
      slot.flags.direction_basis == static_cast<std::uint32_t>(DirectionBasis::Syn) &&
      std::bit_cast<std::uint32_t>(slot.side_flags[e]) == 0 && slot.side[e].packets() == 0 &&
      (slot.side[e].start | slot.side[e].last) == 0 &&
      static_cast<EndState>(peer.state) == EndState::SynSent && is_whole(peer) &&
      s.ack == peer_side.start + 1 && peer_side.last == s.ack && s.time >= slot.last &&
      takes_letter(slot);
  if (!matches) return false;
  const std::uint32_t shared = slot.side[e].shared();
  slot.side[e] = begun_side(s);
  slot.side[e].set_shared(shared);
  if (s.window_scale == kNoWindowScale) peer_side.set_scale(0);
  SlotSideFlags own;
  own.state = static_cast<std::uint32_t>(EndState::Established) & 7u;
  own.history = kHistSyn;
  own.edge = edge_for(s.seq + 1, kInitialCredit, omitted_bits(peer_side)) & 0xFFFu;
  slot.side_flags[e] = own;
  set_state(peer, EndState::Established);
  peer.edge = edge_for(s.ack, s.window, omitted_bits(slot.side[e])) & 0xFFFu;
  slot.history.append(Letter::H, e);
  slot.last = s.time;
  slot.flags.synack = 1;
  slot.set_end_ttl(s.ttl);
  if (slot.syn_retries() == 0) slot.synack_rtt.set(s.time - slot.first);
  if (scope_ == PacketScope::Control) slot.flags.opened = 1;
  return true;
}

/// The conditions are evaluated as whole words and lead to few branches, which are nearly always
/// predicted. The letter and the acknowledgement are unpredictable, so they take no branch.
FastPath Lifecycle::apply_fast_path(Slot& slot, const Segment& s, unsigned e) const {
  SlotSide& side = slot.side[e];
  const SlotSide& peer_side = slot.side[e ^ 1u];
  const std::uint32_t fin = s.flags & kFin;
  const std::uint32_t length = s.payload + fin;
  std::uint32_t own = bits(slot.side_flags[e]);
  const NextTotals next = next_totals(side, s, length);
  if (next.overflow || !is_in_order(side, peer_side, s, length, own)) [[unlikely]]
    return FastPath::No;

  const std::uint32_t peer = bits(slot.side_flags[e ^ 1u]);
  const std::uint32_t flags = bits(slot.flags);
  const std::uint32_t closed = own & bits(SlotSideFlags{.closed = 1});
  const SegmentRule& rule = kRules[static_cast<unsigned>(scope_)][fin][s.payload > 0];
  const bool written = (own & rule.written) != 0;
  const bool follows_the_end = (flags & bits(SlotFlags{.ended = 1})) != 0;
  const std::uint32_t both_closed = (closed & peer) >> kClosedAt;
  const std::uint64_t usual = steady(own) & steady(peer) & consistent(flags, both_closed, e);
  const bool letter_fits = written ? fin == 0 : takes_letter(slot);
  if ((usual & letter_fits) == 0) [[unlikely]]
    return FastPath::No;
  if ((closed != 0 && length != 0) || s.time < slot.last) [[unlikely]]
    return FastPath::No;

  side.ip_bytes = next.ip_bytes;
  side.counts = next.counts;
  slot.history.append_if(!written, rule.letter, e);
  own = (own & rule.keep) | rule.set;
  const bool acked = s.ack - peer_side.start - 1u != 0;
  const std::uint32_t handshake = flags >> kHandshakeAt & 1u;
  slot.side_flags[e ^ 1u] = side_flags(with_next_edge(peer, s, side, peer_side.last, handshake) |
                                       bits(SlotSideFlags{.acked = 1}) * acked);
  slot.side_flags[e] = side_flags(own);
  if (follows_the_end) return FastPath::Trailing;
  slot.last = s.time;
  side.last = next.last;
  const FastPath result = handshake != 0 ? FastPath::Counted : complete_handshake(slot, s.time);
  return fin != 0 ? on_fin(slot, e, result) : result;
}

/// Applies the originator's first acknowledgement of the SYN-ACK.
FastPath Lifecycle::complete_handshake(Slot& slot, Timestamp now) const {
  slot.flags.handshake = 1;
  if (scope_ == PacketScope::All && !slot.flags.synack_repeated && slot.synack_rtt.known()) {
    slot.ack_rtt.set(now - slot.first - slot.synack_rtt.get());
  }
  if (slot.flags.opened) return FastPath::Counted;
  slot.flags.opened = 1;
  return FastPath::Opened;
}

FastPath Lifecycle::on_fin(Slot& slot, unsigned e, FastPath result) {
  SlotSideFlags own = slot.side_flags[e];
  own.last_proven = own.closed = 1;
  set_state(own, EndState::Closed);
  slot.side_flags[e] = own;
  const bool both = slot.state(e ^ 1u) == EndState::Closed;
  SlotFlags flags = slot.flags;
  if (flags.closed_by == 0) flags.closed_by = (1 + e) & 3u;
  flags.ended = both;
  slot.flags = flags;
  if (result == FastPath::Opened)
    return both ? FastPath::OpenedAndClosed : FastPath::OpenedAndHalfClosed;
  return both ? FastPath::Closed : FastPath::HalfClosed;
}

}  // namespace synfin
