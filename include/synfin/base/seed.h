/// \file
/// random_seed(): a seed for hash tables, different in each run.
#pragma once

#include <cstdint>
#include <random>

namespace synfin {

/// 64 random bits from the system. Throws std::exception if the system has none.
inline std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace synfin
