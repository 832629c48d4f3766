/// \file
/// EncapsulationIds: a 12-bit id for each distinct encapsulation.
/// Tested in tests/unit/track/encapsulation_ids_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/base/seed.h"
#include "synfin/decode/segment.h"

namespace synfin {

/// The first 4094 distinct encapsulations get one id each. Later ones share one id, for which at()
/// returns no encapsulation. Memory is fixed.
class EncapsulationIds {
 public:
  std::uint16_t id(const Encapsulation& e) {
    if (e == Encapsulation{}) return 0;
    if (e == known_[newest_]) return newest_;
    return look_up(e);
  }
  /// True if `e` has no id of its own.
  bool shares_id(const Encapsulation& e) { return id(e) == kOverflowId; }
  /// True if encapsulations share an id.
  bool overflowed() const { return overflowed_; }
  const Encapsulation& at(std::uint16_t id) const { return known_[id]; }
  /// False if the encapsulation of `id` has another context (see context_of()). The shared id may
  /// have any context.
  bool may_have_context(std::uint16_t id, std::uint64_t context) const {
    return id == kOverflowId || context_of(known_[id]) == context;
  }

 private:
  static constexpr std::uint16_t kIds = 4096;
  static constexpr std::uint16_t kOverflowId = kIds - 1;
  std::uint16_t look_up(const Encapsulation& e);

  std::array<std::uint64_t, 2> keys_{random_seed(), random_seed() | 1};  ///< of the hash
  std::array<Encapsulation, kIds> known_{};
  std::array<std::uint16_t, 2 * kIds> table_{};  ///< open addressing; 0 = empty
  std::uint16_t used_ = 1;
  std::uint16_t newest_ = 0;
  bool overflowed_ = false;
};

}  // namespace synfin
