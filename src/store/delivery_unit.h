/// \file
/// DeliveryUnit: the batches of the spool that one statement inserts, and how many bytes they may
/// have. Tested in tests/unit/store/delivery_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "store/row_buffer.h"
#include "store/spool.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"

namespace synfin {

/// No unit exists if `files` is empty.
struct DeliveryUnit {
  std::vector<SpoolFile> files;
  SpoolHeader first;
  std::uint64_t last_batch = 0;
  RowBuffer blocks;
  std::uint64_t rows = 0;
  bool uncertain = false;  ///< it was sent before, and may be stored
  bool too_large = false;  ///< the last answer was that it is too large

  /// Appends a batch. If its blocks are damaged, it fails, and the unit is as before.
  Status add(const SpoolFile& file, SpoolFileReader& batch);
  /// Keeps the memory.
  void clear();
};

/// The most bytes of a unit of several batches. A server, or a proxy before it, may take less than
/// synfin would send. Such a limit is kept for an hour, because it may have been a lack of memory.
class UnitLimit {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{32} << 20;
  static constexpr Duration kKept = std::chrono::hours{1};

  std::size_t bytes(Timestamp now) const { return now < end_ ? bytes_ : kMaxBytes; }
  /// From now on, units have half of the bytes of one that was too large.
  void halve(std::size_t too_large, Timestamp now) {
    bytes_ = too_large / 2;
    end_ = saturating_add(now, kKept);
  }

 private:
  std::size_t bytes_ = kMaxBytes;
  Timestamp end_{};
};

}  // namespace synfin
