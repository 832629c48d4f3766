// See detail_pool.h.
#include "track/detail_pool.h"

namespace synfin {

Detail* DetailPool::ensure(Slot& slot) {
  if (slot.flags.has_detail) return &details_[slot.history.detail()];
  std::uint32_t index = free_;
  if (index != kNone) {
    free_ = details_[index].next_free;
  } else if (untouched_ < capacity_) {
    index = untouched_++;
  } else {
    ++missing_;
    return nullptr;
  }
  ++used_;
  Detail& detail = details_[index];
  detail = Detail{};
  const PackedHistory packed = slot.history;
  for (unsigned i = 0; i < packed.size(); ++i) {
    detail.history[detail.history_size++] = static_cast<std::uint8_t>(packed.symbol(i));
  }
  slot.history = PackedHistory::elsewhere(index);
  slot.flags.has_detail = 1;
  return &detail;
}

void DetailPool::release(Slot& slot) {
  if (!slot.flags.has_detail) return;
  details_[slot.history.detail()].next_free = free_;
  free_ = slot.history.detail();
  --used_;
  slot.flags.has_detail = 0;
  slot.history = PackedHistory{};
}

}  // namespace synfin
