/// \file
/// Truth: the totals that a correct analyzer reports of a generated capture, summed while it is
/// written.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>

#include "bench/conversation.h"

namespace synfin::bench {

struct Truth {
  std::array<std::uint64_t, kEndings> endings{};
  std::array<std::uint64_t, 2>
      bytes{};  ///< payload by sequence numbers; 0 the originators', 1 the responders'
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> ip_bytes{};
  std::uint64_t syn_retries = 0;
  std::uint64_t v6_connections = 0;
  std::uint64_t most_at_once =
      0;  ///< connections with packets still to come, at the busiest moment
  std::uint64_t file_bytes = 0;

  /// Returns JSON with the names of synfin's report.
  void print(std::FILE* out) const;
};

}  // namespace synfin::bench
