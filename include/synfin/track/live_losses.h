/// \file
/// LiveLosses: what a live run loses if it cannot follow, in which order, how much and when.
///
/// Tested in tests/unit/track/live_losses_test.cc and tests/unit/app/live_pipeline_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/stats/loss_minutes.h"
#include "synfin/track/event_buffer.h"

namespace synfin {

/// Never allocates after its construction. Not thread-safe.
class LiveLosses {
 public:
  /// Drops events from a full buffer, kind by kind, and no records: first progress that the record
  /// repeats, from repeated SYNs to completed handshakes, then ends, from time-outs to refusals.
  /// `now` is the time of the loss. Returns how many it dropped.
  std::size_t make_room(EventBuffer& buffer, Timestamp now);

  /// Notes how many packets the kernel and the interfaces have dropped since the start.
  void note_dropped_packets(Timestamp now, std::uint64_t total);

  /// What is incomplete from which minute to which minute, and the dropped events of each kind.
  std::vector<std::string> sentences() const;

 private:
  EventBuffer::KindCounts dropped_{};
  LossMinutes events_;
  LossMinutes packets_;
  std::uint64_t packets_noted_ = 0;
};

}  // namespace synfin
