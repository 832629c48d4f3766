/// \file
/// The window of one end: how far it may send, and which of its numbers are acceptable.
///
/// The right edge of end e is the largest acknowledgement plus scaled window that its peer has sent
/// (RFC 9293 §3.10.7.4, RFC 7323 §2; Linux keeps the same value as td_maxend). A slot stores it in
/// 12 bits, in units of 2 KiB relative to `last`, so an edge is up to 2 KiB too generous and never
/// more than 8 MiB ahead. The rule itself is Lifecycle::in_window().
#pragma once

#include <algorithm>
#include <cstdint>

#include "synfin/base/sequence.h"
#include "track/slot.h"

namespace synfin {

inline constexpr unsigned kEdgeShift = 11;
inline constexpr std::uint32_t kEdgeMask = (1u << 12) - 1;
inline constexpr std::uint32_t kEdgeRange = 1u << 23;
/// The largest credit that rounding up cannot make wrap.
inline constexpr std::uint32_t kMaxCredit = kEdgeRange - (2u << kEdgeShift);
/// The credit of an end while its peer has offered no window: the largest that needs no scaling.
inline constexpr std::uint32_t kInitialCredit = 65535;

/// The stored edge for an end that may send `credit` bytes beyond `last`.
constexpr std::uint32_t edge_for(std::uint32_t last, std::uint32_t credit) {
  return (last + std::min(credit, kMaxCredit) + (1u << kEdgeShift) - 1) >> kEdgeShift & kEdgeMask;
}
/// The bytes that an end may send beyond `last`.
constexpr std::uint32_t credit_of(std::uint32_t edge, std::uint32_t last) {
  return ((edge << kEdgeShift) - last) & (kEdgeRange - 1);
}
/// The credit for an end whose peer has offered the window up to `right`.
constexpr std::uint32_t offered_credit(std::uint32_t last, std::uint32_t right) {
  return static_cast<std::uint32_t>(std::max(seq_delta(right, last), 0));
}
/// The edge after the peer has offered the window up to `right`: an edge never moves back.
constexpr std::uint32_t raised_edge(std::uint32_t edge, std::uint32_t last, std::uint32_t right) {
  return edge_for(last, std::max(credit_of(edge, last), offered_credit(last, right)));
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
  const std::uint32_t credit = credit_of(slot.side_flags[end].edge, last);
  return ahead <= 0 || static_cast<std::uint32_t>(ahead) <= credit;
}

/// How far below `last` a number of an end may be: the largest window that its peer can offer.
constexpr std::uint32_t lookback(const SlotSide& peer) { return 65536u << peer.scale(); }

}  // namespace synfin
