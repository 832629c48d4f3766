/// \file
/// SnapshotReader: what is open according to the tracker, kept fresh for the views of a live
/// capture.
///
///     TableSnapshot → SnapshotReader → OpenTraffic → ViewRequest::open
///
/// Tested in tests/live/screen.py.
#pragma once

#include <chrono>

#include "app/table_snapshot.h"
#include "synfin/view/open_traffic.h"
#include "synfin/view/view_set.h"

namespace synfin {

/// Used by one thread at a time: with the mutex of the views.
class SnapshotReader {
 public:
  using Clock = std::chrono::steady_clock;

  /// `snapshot` must outlive it. `control`: only control packets are captured.
  SnapshotReader(TableSnapshot& snapshot, bool control) : snapshot_(snapshot), traffic_(control) {}

  /// The latest that is known, about a second old at most where this is called often. Asks for
  /// more, and never waits: the first call gives nothing yet.
  const OpenTraffic& read(ViewSet& views, Clock::time_point now);

 private:
  TableSnapshot& snapshot_;
  OpenTraffic traffic_;
  Clock::time_point asked_{};
};

}  // namespace synfin
