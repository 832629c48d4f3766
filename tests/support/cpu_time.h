/// \file
/// The CPU time of a thread, which other load on the machine does not affect.
#pragma once

#include <chrono>
#include <ctime>

namespace synfin::test {

/// The CPU time of the calling thread since its start.
inline std::chrono::nanoseconds cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

}  // namespace synfin::test
