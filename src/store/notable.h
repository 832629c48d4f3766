/// \file
/// NotableConnections: recognizes the connections that may be among the longest or the largest ones
/// of a day, while they are recorded.
///
/// A connection is notable if its day has fewer than kMaxRank longer ones so far, or fewer than
/// kMaxRank larger ones. So the kMaxRank longest and the kMaxRank largest connections of the whole
/// day are notable. If n connections come in random order, about kMaxRank × (1 + ln(n ÷ kMaxRank))
/// are notable by duration, and as many by bytes. A restart begins anew, which adds some. Of two
/// equal connections, the earlier one ranks higher, as in the report. Tested in
/// tests/unit/store/notable_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "synfin/track/connection.h"

namespace synfin {

/// Memory: 2 × kMaxRank × 16 bytes for each of at most kMaxDays days. Used by one thread.
class NotableConnections {
 public:
  static constexpr std::size_t kMaxRank = 1000;  ///< as many rows as a table of a report has
  static constexpr std::size_t kMaxDays = 8;

  /// Ranks a connection that began on `day`. Returns true if it is notable.
  bool add(std::uint16_t day, const ConnectionRecord& record);

 private:
  /// The duration in ns or the bytes, then the negative begin: of equal values, an earlier one is
  /// greater.
  using Rank = std::pair<std::uint64_t, std::int64_t>;
  class Best {
   public:
    bool add(Rank rank);

   private:
    std::vector<Rank> heap_;  ///< a heap whose first element is the least rank
  };
  struct Day {
    std::uint16_t day = 0;
    std::uint64_t used = 0;
    Best longest, largest;
  };

  Day& find(std::uint16_t day);

  std::vector<Day> days_;
  std::uint64_t uses_ = 0;
};

}  // namespace synfin
