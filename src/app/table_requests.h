/// \file
/// TableRequests: what others want of the connection table, on its way to the packet thread.
/// Tested in tests/unit/app/table_requests_test.cc.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "synfin/track/connection_table.h"

namespace synfin {

/// What the socket table said at one time.
struct SocketUpdates {
  Timestamp at{};
  std::vector<KnownConnection> open;  ///< for ConnectionTable::adopt()
  std::vector<KnownConnection> gone;  ///< for ConnectionTable::mark_gone()
};

/// Any thread may post; the packet thread takes. Bounded: while nobody takes there is no room for
/// more.
class TableRequests {
 public:
  /// False where there is no room; the news is to be told again, then.
  bool post(SocketUpdates news);

  /// The oldest news from before `now`; costs a load while there is none.
  std::optional<SocketUpdates> take(Timestamp now);

 private:
  static constexpr std::size_t kMost = 16;

  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  std::deque<SocketUpdates> news_;
};

}  // namespace synfin
