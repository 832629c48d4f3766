// See wall_clock.h.
#include "synfin/base/wall_clock.h"

#include <ctime>

namespace synfin {

Timestamp wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

}  // namespace synfin
