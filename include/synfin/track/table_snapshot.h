/// \file
/// TableSnapshot: the open connections, as the packet thread copies them for another thread on
/// request: one snapshot for the views, and one for the store.
///
///     reader: request() → packet thread, between two batches: answer() → reader: take()
///
/// One atomic word passes the rows from one thread to the other: no thread locks or waits. Without
/// a request, answer() costs the packet thread one load. Tested in
/// tests/unit/track/table_snapshot_test.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "synfin/track/connection_table.h"

namespace synfin {

class TableSnapshot {
 public:
  /// The most connections that one snapshot holds.
  static constexpr std::size_t kMaxRows = 16'384;

  struct Rows {
    Timestamp at{};
    std::span<const ConnectionRecord> records;
    std::size_t open = 0;  ///< all open connections, in `records` or not
  };

  /// Requests a snapshot, unless one is requested already. The reader calls it, on one thread at a
  /// time.
  void request();

  /// Returns each answer once; nullopt if there is none. The rows are valid until the next
  /// request().
  std::optional<Rows> take();

  /// Called by the packet thread. Takes up to 5 ms if a snapshot is requested.
  void answer(const ConnectionTable& table, Timestamp now);

 private:
  enum class State { Idle, Requested, Answered };

  std::atomic<State> state_{State::Idle};
  std::vector<ConnectionRecord> records_;  ///< kMaxRows of them after the first request()
  std::size_t size_ = 0;
  std::size_t open_ = 0;
  Timestamp at_{};
};

}  // namespace synfin
