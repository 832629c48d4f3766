/// \file
/// DetailPool: a fixed number of Details for the connections that need one.
/// Tested in tests/unit/track/detail_pool_test.cc.
#pragma once

#include <cstdint>

#include "synfin/stats/lazy_array.h"
#include "track/slot.h"

namespace synfin {

/// Holds one Detail for every 224 slots plus 64. If none is left, a connection loses later history
/// letters and the counts of gaps and retransmissions, but never its outcome. Allocates in the
/// constructor only.
class DetailPool {
 public:
  explicit DetailPool(std::size_t slots)
      : capacity_(static_cast<std::uint32_t>(slots / kSlotsPerDetail + kMinDetails)),
        details_(capacity_) {}

  /// Returns the Detail of `slot`. If it has none, assigns one and moves the packed history into
  /// it. Returns null if none is left.
  Detail* ensure(Slot& slot);
  /// As ensure(), but returns null if less than half of the pool is free, so that evidence about
  /// causes takes no Detail from the connections that need one to be tracked.
  Detail* ensure_if_half_free(Slot& slot) {
    return slot.flags.has_detail || used_ < capacity_ / 2 ? ensure(slot) : nullptr;
  }
  /// As ensure_if_half_free(), for what many long connections have.
  Detail* ensure_if_three_quarters_free(Slot& slot) {
    return slot.flags.has_detail || used_ < capacity_ / 4 ? ensure(slot) : nullptr;
  }
  /// Returns the Detail of `slot`, or null if it has none.
  Detail* of(const Slot& slot) {
    return slot.flags.has_detail ? &details_[slot.history.detail()] : nullptr;
  }
  const Detail* of(const Slot& slot) const {
    return slot.flags.has_detail ? &details_[slot.history.detail()] : nullptr;
  }
  /// Frees the Detail of `slot`, if it has one.
  void release(Slot& slot);

  /// How often none was left.
  std::uint64_t missing() const { return missing_; }

  std::size_t memory() const { return capacity_ * sizeof(Detail); }

 private:
  static constexpr std::size_t kSlotsPerDetail = 224;
  static constexpr std::size_t kMinDetails = 64;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t capacity_;
  std::uint32_t untouched_ = 0;
  std::uint32_t used_ = 0;
  std::uint64_t missing_ = 0;
  std::uint32_t free_ = kNone;
  LazyArray<Detail> details_;
};

}  // namespace synfin
