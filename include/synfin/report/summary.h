/// \file
/// Summary: everything a report says, gathered one record at a time in bounded memory.
/// Tested in tests/unit/report/summary_test.cc.
#pragma once

#include <cstddef>
#include <memory>

#include "synfin/track/connection.h"

namespace synfin {

struct SummaryOptions {
  std::size_t max_hosts = 100'000;  ///< keys that each aggregate counts exactly; past it, heavy hitters
};

struct SummaryData;  // report/summary_data.h: what the renderers read

/// Not thread-safe. add() allocates only while an aggregate grows towards its bound.
class Summary {
 public:
  explicit Summary(const SummaryOptions& options);
  ~Summary();
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;

  /// Counts one final record.
  void add(const ConnectionRecord& record);

  /// The sorted tables of a report, `top` rows each (0 = all). Costs a sort; not for the packet path.
  SummaryData data(std::size_t top) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
