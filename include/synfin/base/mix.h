/// \file
/// 128-bit integers and the mixing functions of every hash in synfin.
/// Tested in tests/unit/base/mix_test.cc.
#pragma once

#include <cstdint>

namespace synfin {

__extension__ using Uint128 = unsigned __int128;

/// The two halves of the 128-bit product, XORed: every bit of the result depends on every bit of
/// both factors.
constexpr std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// `x` × `count` ÷ 2^64: maps a hash to an index below `count`.
constexpr std::uint64_t scale64(std::uint64_t x, std::uint64_t count) {
  return static_cast<std::uint64_t>((static_cast<Uint128>(x) * count) >> 64);
}

/// The next number of the SplitMix64 sequence (Steele, Lea, Flood, "Fast Splittable Pseudorandom
/// Number Generators", 2014). It derives independent words from one seed, even from neighbouring
/// ones.
constexpr std::uint64_t split_mix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace synfin
