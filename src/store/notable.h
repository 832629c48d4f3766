/// \file
/// NotableConnections: recognizes the connections that may be among the longest or the largest ones
/// of a day, while they are recorded.
///
/// A connection is notable if it ranks among the kMost best ones of its day so far. So each of the
/// kMost best ones of the whole day is notable, and about kMost × (1 + ln(n ÷ kMost)) of n
/// connections in random order are. After a restart, counting begins anew, which adds some.
/// Ties: the earlier one ranks higher, as in the report. Tested in
/// tests/unit/store/notable_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "synfin/track/connection.h"

namespace synfin {

/// Memory: 2 × kMost × 16 bytes for each of at most kDays days. Used by one thread.
class NotableConnections {
 public:
  static constexpr std::size_t kMost = 1000;  ///< rows of the tables of a report
  static constexpr std::size_t kDays = 8;

  /// Counts the connection, which began on `day`.
  bool add(std::uint16_t day, const ConnectionRecord& record);

 private:
  /// The value, and the begin: a later one is smaller.
  using Rank = std::pair<std::uint64_t, std::int64_t>;
  class Best {
   public:
    bool add(Rank rank);

   private:
    std::vector<Rank> heap_;  ///< the worst first
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
