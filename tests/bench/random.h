/// \file
/// A small repeatable random generator (SplitMix64): the same seed yields the same capture on all
/// systems, which the distributions of <random> do not guarantee. It repeats split_mix64() of
/// base/mix.h, because the generator includes nothing of the measured program.
#pragma once

#include <cstdint>

namespace synfin::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint32_t bits32() { return static_cast<std::uint32_t>(next() >> 32); }

  /// 0 … bound − 1. REQUIRES: bound > 0.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((std::uint64_t{bits32()} * bound) >> 32);
  }

  /// low … high, both included.
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + below(high - low + 1);
  }

  bool chance(std::uint32_t per_mille) { return below(1000) < per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace synfin::bench
