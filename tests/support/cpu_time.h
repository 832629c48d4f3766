/// \file
/// The time that a thread has worked: what a test may bound on a machine that is busy with others.
#pragma once

#include <chrono>
#include <ctime>

namespace synfin::test {

/// Of the calling thread, since its start.
inline std::chrono::nanoseconds cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

}  // namespace synfin::test
