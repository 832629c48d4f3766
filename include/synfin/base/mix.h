/// \file
/// 128-bit integers and the mixing step of every hash in synfin.
#pragma once

#include <cstdint>

namespace synfin {

__extension__ using Uint128 = unsigned __int128;

/// Returns the exclusive or of both halves of the 128-bit product a × b.
constexpr std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Maps a hash `x` to [0, count): returns x × count ÷ 2^64.
constexpr std::uint64_t scale64(std::uint64_t x, std::uint64_t count) {
  return static_cast<std::uint64_t>((static_cast<Uint128>(x) * count) >> 64);
}

}  // namespace synfin
