/// \file
/// EventProducer: what fills an EventDispatcher with the events of a run: packets that are tracked,
/// or records that were tracked before.
#pragma once

#include "synfin/base/capture_info.h"

namespace synfin {

class EventProducer {
 public:
  virtual ~EventProducer() = default;

  /// Reads the input until it ends, is interrupted, or reaches -c or --duration. Called once;
  /// blocks. Throws the first exception of any of its threads, after all of them have ended.
  virtual void run() = 0;

  /// The sources, the time span, the ledger and the damage. REQUIRES: run() has not started or has
  /// returned.
  virtual CaptureInfo capture_info() const = 0;
};

}  // namespace synfin
