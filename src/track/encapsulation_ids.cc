// See encapsulation_ids.h.
#include "track/encapsulation_ids.h"

#include <bit>

#include "synfin/base/mix.h"

namespace synfin {

std::uint16_t EncapsulationIds::look_up(const Encapsulation& e) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(e);
  std::size_t at = mix64(bits ^ keys_[0], keys_[1]) % table_.size();
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
