// See wall_clock.h.
#include "synfin/base/wall_clock.h"

#include <ctime>

namespace synfin {
namespace {

Timestamp time_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

}  // namespace

Timestamp wall_clock() { return time_of(CLOCK_REALTIME); }
Timestamp steady_time() { return time_of(CLOCK_MONOTONIC); }

}  // namespace synfin
