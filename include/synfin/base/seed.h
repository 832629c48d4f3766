/// \file
/// random_seed(): the seed of a hash table whose keys an attacker can choose.
#pragma once

#include <cstdint>

namespace synfin {

/// 64 bits from the kernel's random number generator; different for each call.
std::uint64_t random_seed();

}  // namespace synfin
