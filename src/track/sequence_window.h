/// \file
/// The window of one end: how far it may send, and which of its numbers are acceptable.
///
/// The right edge of end e is the largest acknowledgement plus scaled window that its peer has sent
/// (RFC 9293 §3.10.7.4, RFC 7323 §2; Linux keeps the same value as td_maxend). A slot stores 12
/// bits of it. The highest bits follow from `last`, and the lowest are rounded up, so an edge is up
/// to one unit too generous. The unit depends on the window scale of the peer:
///
///   scale of the peer   unit               furthest edge beyond `last`
///   0 to 6, unknown     2 KiB              8 MiB
///   7 to 14             32 << scale bytes  128 KiB << scale, twice the largest window
///
/// The rule itself is Lifecycle::in_window().
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "synfin/base/sequence.h"
#include "track/slot.h"

namespace synfin {

/// The credit of an end while its peer has offered no window: the largest that needs no scaling.
inline constexpr std::uint32_t kInitialCredit = 65535;
/// A bound on the payload of one segment.
inline constexpr std::uint32_t kMaxSegmentSize = 1u << 23;

/// How an end scales its window, and how many of the highest bits the edge of its peer omits.
struct WindowShifts {
  std::uint8_t scale, omitted;
};
/// Indexed by SlotSide::known_scale().
inline constexpr std::array<WindowShifts, 16> kWindowShifts = [] {
  std::array<WindowShifts, 16> shifts{};
  for (std::uint8_t known = 0; known < 16; ++known) {
    const bool is_small = known < 7 || known == kUnknownScale;
    const int omitted = is_small ? 9 : 15 - known;
    shifts[known] = {std::min(known, kMaxWindowScale), static_cast<std::uint8_t>(omitted)};
  }
  return shifts;
}();
constexpr WindowShifts window_shifts(const SlotSide& end) {
  return kWindowShifts[end.known_scale()];
}
constexpr unsigned omitted_bits(const SlotSide& peer) { return window_shifts(peer).omitted; }

/// An edge is the highest 12 bits of a number from which the omitted bits were shifted out.
inline constexpr unsigned kEdgeShift = 20;
inline constexpr std::uint32_t kEdgeMask = 0xFFF00000;
/// The edge in its place, for `last` and `credit` without the omitted bits.
constexpr std::uint32_t at_edge(std::uint32_t last, std::int64_t credit) {
  constexpr std::int64_t kMost = 0xFFE00000;
  return (last + static_cast<std::uint32_t>(std::min(credit, kMost)) + ~kEdgeMask) & kEdgeMask;
}

/// The stored edge for an end that may send `credit` bytes beyond `last`. The largest credit is one
/// that rounding up cannot make wrap.
constexpr std::uint32_t edge_for(std::uint32_t last, std::int64_t credit, unsigned omitted) {
  return at_edge(last << omitted, credit << omitted) >> kEdgeShift;
}
/// The bytes that an end may send beyond `last`.
constexpr std::uint32_t credit_of(std::uint32_t edge, std::uint32_t last, unsigned omitted) {
  return ((edge << kEdgeShift) - (last << omitted)) >> omitted;
}
/// The credit for an end whose peer has offered the window up to `right`.
constexpr std::uint32_t offered_credit(std::uint32_t last, std::uint32_t right) {
  return static_cast<std::uint32_t>(std::max(seq_delta(right, last), 0));
}

/// The bytes that `end` may send beyond its `last`.
inline std::uint32_t credit_of(const Slot& slot, unsigned end) {
  return credit_of(slot.side_flags[end].edge, slot.side[end].last,
                   omitted_bits(slot.side[end ^ 1u]));
}
inline void set_credit(Slot& slot, unsigned end, std::uint32_t credit) {
  const unsigned omitted = omitted_bits(slot.side[end ^ 1u]);
  slot.side_flags[end].edge = edge_for(slot.side[end].last, credit, omitted) & 0xFFFu;
}
/// The peer has offered the window up to `right`: an edge never moves back.
inline void raise_credit(Slot& slot, unsigned end, std::uint32_t right) {
  const std::uint32_t offered = offered_credit(slot.side[end].last, right);
  set_credit(slot, end, std::max(credit_of(slot, end), offered));
}
/// Sets the window scale of `end` and converts the edge of its peer into the new unit.
inline void change_scale(Slot& slot, unsigned end, unsigned scale) {
  const std::uint32_t credit = credit_of(slot, end ^ 1u);
  slot.side[end].set_scale(scale);
  set_credit(slot, end ^ 1u, credit);
}

/// The sequence numbers that an end has used, if `last` has wrapped `wraps` times.
inline std::uint64_t span_of(const SlotSide& side, std::uint64_t wraps) {
  const std::uint64_t span = (wraps << 32) + side.last - side.start;
  const bool counted = wraps > 0 && static_cast<std::int64_t>(span) >= 0;
  return counted ? span : side.last - side.start;
}

/// True if `end` may have sent everything below `number`.
inline bool below_edge(const Slot& slot, unsigned end, std::uint32_t number) {
  const std::uint32_t last = slot.side[end].last;
  const std::int32_t ahead = seq_delta(number, last);
  return ahead <= 0 || static_cast<std::uint32_t>(ahead) <= credit_of(slot, end);
}

/// How far below `last` a number of an end may be: the largest window that its peer can offer.
constexpr std::uint32_t lookback(const SlotSide& peer) { return 65536u << peer.scale(); }

}  // namespace synfin
