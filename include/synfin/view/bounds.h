/// \file
/// What bounds and seeds the tables of the views.
#pragma once

#include <cstddef>
#include <cstdint>

#include "synfin/base/five_tuple.h"
#include "synfin/report/tuple_hash.h"

namespace synfin {

struct ViewBounds {
  std::size_t max_hosts = 100'000;  ///< rows that each table counts exactly; past it, the heaviest
  std::uint64_t seed = 0;           ///< of the hashes; the output does not depend on it
};

/// What a connection says for keeping its rows when there are too many: one that came about says
/// more than sixteen that did not.
inline constexpr std::uint32_t kAttemptWeight = 1;
inline constexpr std::uint32_t kEstablishedWeight = 16;

}  // namespace synfin
