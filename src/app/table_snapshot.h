/// \file
/// TableSnapshot: the connections that are open, asked of the packet thread now and then.
///
///     views: ask() → packet thread, between two batches: answer() → views: take()
///
/// Rows change hands by one atomic word: nobody locks, nobody waits, and where nobody asks it costs
/// the packet thread one load. Tested in tests/unit/app/table_snapshot_test.cc.
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
  /// Rows of one snapshot: at most so many connections are told one by one.
  static constexpr std::size_t kMost = 16'384;

  struct Rows {
    Timestamp at{};
    std::span<const ConnectionRecord> records;
    std::size_t open = 0;  ///< connections that were open, told or not
  };

  /// Asks, unless that has been done. By the views alone, one thread at a time.
  void ask();

  /// The answer, once: valid until the next ask(). None where there is none yet.
  std::optional<Rows> take();

  /// By the packet thread. Takes up to 5 ms where somebody has asked.
  void answer(const ConnectionTable& table, Timestamp now);

 private:
  enum class State { Free, Asked, Answered };

  std::atomic<State> state_{State::Free};
  std::vector<ConnectionRecord> records_;  ///< kMost of them, from the first ask() on
  std::size_t size_ = 0;
  std::size_t open_ = 0;
  Timestamp at_{};
};

}  // namespace synfin
