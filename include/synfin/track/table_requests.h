/// \file
/// TableRequests: changes of the connection table that other threads request from the packet
/// thread. Tested in tests/unit/track/table_requests_test.cc.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "synfin/track/connection_table.h"

namespace synfin {

/// The changes of the kernel's socket table since it was read before.
struct SocketUpdates {
  Timestamp at{};
  std::vector<KnownConnection> open;  ///< for ConnectionTable::adopt()
  std::vector<KnownConnection> gone;  ///< for ConnectionTable::mark_gone()
};

/// A bounded queue. Any thread may post; the packet thread takes.
class TableRequests {
 public:
  /// Returns false if the queue is full; the caller then posts the same changes again later.
  bool post(SocketUpdates updates);

  /// Takes the oldest updates if their time is `now` or earlier. Costs one load while the queue is
  /// empty.
  std::optional<SocketUpdates> take(Timestamp now);

 private:
  static constexpr std::size_t kMaxUpdates = 16;

  std::atomic<std::size_t> size_{0};
  std::mutex mutex_;
  std::deque<SocketUpdates> updates_;
};

}  // namespace synfin
