/// \file
/// run_watched(): a pipeline on a thread of its own, and periodic work on this one until it ends.
/// Tested in tests/unit/app/run_watched_test.cc.
#pragma once

#include <chrono>
#include <functional>

#include "app/packet_pipeline.h"

namespace synfin {

/// Runs `pipeline` on another thread, and calls `poll` on this one after each `interval` and once
/// after the end. Throws the first exception of either thread, after the pipeline has ended; an
/// exception of `poll` interrupts `source`, from which the pipeline reads.
void run_watched(PacketPipeline& pipeline, PacketSource& source, std::chrono::milliseconds interval,
                 const std::function<void()>& poll);

}  // namespace synfin
