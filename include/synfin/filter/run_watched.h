/// \file
/// run_watched(): a producer of events on a thread of its own, and periodic work on this one until
/// it ends. Tested in tests/unit/filter/run_watched_test.cc.
#pragma once

#include <chrono>
#include <functional>

#include "synfin/base/input_source.h"
#include "synfin/filter/event_producer.h"

namespace synfin {

/// Runs `producer` on another thread, and calls `poll` on this one after each `interval` and once
/// after the end. Throws the first exception of either thread, after the producer has ended; an
/// exception of `poll` interrupts `source`, from which it reads.
void run_watched(EventProducer& producer, InputSource& source, std::chrono::milliseconds interval,
                 const std::function<void()>& poll);

}  // namespace synfin
