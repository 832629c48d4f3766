// See seed.h.
#include "synfin/base/seed.h"

#include <random>

namespace synfin {

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace synfin
