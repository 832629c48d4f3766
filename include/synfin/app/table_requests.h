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
struct SocketNews {
  Timestamp at{};
  std::vector<KnownConnection> open;  ///< for ConnectionTable::adopt()
  std::vector<KnownConnection> gone;  ///< for ConnectionTable::forsake()
};

/// Any thread may post; the packet thread takes. Bounded: while nobody takes there is no room for
/// more.
class TableRequests {
 public:
  /// False where there is no room; the news is to be told again, then.
  bool post(SocketNews news);

  /// The oldest news from before `now`; costs a load while there is none.
  std::optional<SocketNews> take(Timestamp now);

 private:
  static constexpr std::size_t kMost = 16;

  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  std::deque<SocketNews> news_;
};

}  // namespace synfin
