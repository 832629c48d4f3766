/// \file
/// LastDeliveries: when the process for the store gives up a request, because the run has ended and
/// the server stores nothing. Tested in tests/unit/store/last_deliveries_test.cc.
#pragma once

#include <chrono>

#include "synfin/base/time.h"
#include "synfin/sandbox/sender_process.h"

namespace synfin {

/// Used by one thread.
class LastDeliveries {
 public:
  /// `channel` is closed by the run when it ends; what arrives before is discarded.
  LastDeliveries(int channel, Duration timeout) : channel_(channel), timeout_(timeout) {}

  /// Reads the channel, and never waits.
  bool has_run_ended() {
    if (ended_) return true;
    while (receive_sentence(channel_, false, ended_)) continue;
    if (ended_) since_ = Clock::now();
    return ended_;
  }
  void note_delivery() { since_ = Clock::now(); }
  /// True if the run has ended, and nothing has been delivered since then, or since the last
  /// delivery, for longer than `timeout`.
  bool are_too_late() { return has_run_ended() && Clock::now() - since_ > timeout_; }

 private:
  using Clock = std::chrono::steady_clock;

  int channel_;
  Duration timeout_;
  bool ended_ = false;
  Clock::time_point since_{};  ///< of the end of the run, or of the last delivery after it
};

}  // namespace synfin
