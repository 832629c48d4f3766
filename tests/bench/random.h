/// \file
/// A small repeatable random generator (SplitMix64): the same seed yields the same capture
/// on all systems, which the distributions of <random> do not guarantee.
#pragma once

#include <cstdint>

#include "synfin/base/mix.h"

namespace synfin::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return split_mix64(state_); }

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
