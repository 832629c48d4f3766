/// \file
/// DetailPool: the Details of the connections that need one, a fixed number of them.
/// Tested in tests/unit/track/detail_pool_test.cc.
#pragma once

#include <cstdint>

#include "synfin/stats/lazy_array.h"
#include "track/slot.h"

namespace synfin {

/// One Detail for 128 slots, and at least 64. When none is left a details loses its fine
/// print (later history letters, counts of gaps and retransmissions), never its outcome. Allocates
/// in the constructor only.
class DetailPool {
 public:
  explicit DetailPool(std::size_t slots)
      : capacity_(static_cast<std::uint32_t>(slots / kSlotsEach + kLeast)), details_(capacity_) {}

  /// The Detail of `slot`, made now if it has none: its packed history moves there. Null when none
  /// is left.
  Detail* ensure(Slot& slot);
  /// The Detail that `slot` has, or null.
  Detail* of(const Slot& slot) {
    return slot.flags.has_detail ? &details_[slot.history.detail()] : nullptr;
  }
  const Detail* of(const Slot& slot) const {
    return slot.flags.has_detail ? &details_[slot.history.detail()] : nullptr;
  }
  /// Takes the Detail back, if `slot` has one.
  void release(Slot& slot);

  std::size_t memory() const { return capacity_ * sizeof(Detail); }

 private:
  static constexpr std::size_t kSlotsEach = 128;
  static constexpr std::size_t kLeast = 64;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t capacity_;
  std::uint32_t untouched_ = 0;
  std::uint32_t free_ = kNone;
  LazyArray<Detail> details_;
};

}  // namespace synfin
