/// \file
/// ViewBounds: size limit and hash seed of the tables that views keep.
#pragma once

#include <cstddef>
#include <cstdint>

#include "synfin/base/five_tuple.h"
#include "synfin/report/tuple_hash.h"

namespace synfin {

/// Maximum number of different processes whose texts a view keeps.
inline constexpr std::size_t kMaxProcessesShown = 16'384;

struct ViewBounds {
  std::size_t max_hosts = 100'000;  ///< rows per table; beyond it, the lightest rows are replaced
  std::uint64_t seed = 0;           ///< hash seed; the output does not depend on it
};

/// Weights by which a full table chooses the row to replace. An established connection weighs as
/// much as sixteen failed attempts.
inline constexpr std::uint32_t kAttemptWeight = 1;
inline constexpr std::uint32_t kEstablishedWeight = 16;

}  // namespace synfin
