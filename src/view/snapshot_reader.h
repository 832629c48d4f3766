/// \file
/// SnapshotReader: keeps a recent snapshot of the open connections for the views of a live capture.
///
///     TableSnapshot → SnapshotReader → OpenTraffic → ViewRequest::open
///
/// Tested in tests/live/screen.py.
#pragma once

#include <chrono>

#include "synfin/track/table_snapshot.h"
#include "synfin/view/open_traffic.h"
#include "synfin/view/view_set.h"

namespace synfin {

/// Used by one thread at a time.
class SnapshotReader {
 public:
  using Clock = std::chrono::steady_clock;

  /// `snapshot` must outlive the reader. `scope`: which packets are captured.
  SnapshotReader(TableSnapshot& snapshot, PacketScope scope)
      : snapshot_(snapshot), traffic_(scope) {}

  /// The latest snapshot, at most about a second old if this is called often. Requests the next one
  /// and never waits: the first call returns an empty one.
  const OpenTraffic& read(ViewSet& views, Clock::time_point now);

  /// True if read() would request another one.
  bool is_due(Clock::time_point now) const;

 private:
  TableSnapshot& snapshot_;
  OpenTraffic traffic_;
  Clock::time_point requested_{};
};

}  // namespace synfin
