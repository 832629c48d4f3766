/// \file
/// wall_clock(): the current time of this host, and steady_time(), a monotonic clock. Tested in
/// tests/unit/base/wall_clock_test.cc.
#pragma once

#include "synfin/base/time.h"

namespace synfin {

/// CLOCK_REALTIME in nanoseconds. Never called in the core (decode, track), whose time comes from
/// packets. Any thread may call it.
Timestamp wall_clock();

/// CLOCK_MONOTONIC, for waiting inside a run: comparable with other results of this function in
/// this process only. Any thread may call it.
Timestamp steady_time();

}  // namespace synfin
