/// \file
/// TCP sequence numbers: 32 bits that wrap (RFC 9293 §3.4).
/// Tested in tests/unit/base/sequence_test.cc.
#pragma once

#include <cstdint>

namespace synfin {

/// The distance from `b` to `a`, from −2³¹ to 2³¹−1; positive if `a` follows `b`.
constexpr std::int32_t seq_delta(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}
constexpr bool seq_before(std::uint32_t a, std::uint32_t b) { return seq_delta(a, b) < 0; }
constexpr bool seq_after(std::uint32_t a, std::uint32_t b) { return seq_delta(a, b) > 0; }
/// True if low ≤ x ≤ high, modulo 2³².
constexpr bool seq_between(std::uint32_t x, std::uint32_t low, std::uint32_t high) {
  return x - low <= high - low;
}

}  // namespace synfin
