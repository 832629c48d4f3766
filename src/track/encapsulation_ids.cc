// See encapsulation_ids.h.
#include "track/encapsulation_ids.h"

#include <bit>

namespace synfin {

std::uint16_t EncapsulationIds::look_up(const Encapsulation& e) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(e);
  std::size_t at = (bits * 0x9E3779B97F4A7C15) >> 51;
  static_assert(2 * kIds == 1 << 13);
  for (; table_[at] != 0; at = (at + 1) % table_.size()) {
    if (known_[table_[at]] == e) return newest_ = table_[at];
  }
  if (used_ == kOverflowId) {
    overflowed_ = true;
    return kOverflowId;
  }
  known_[used_] = e;
  return newest_ = table_[at] = used_++;
}

}  // namespace synfin
