/// \file
/// spin_wait(): waits for less time than it takes to fall asleep.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#else
#include <thread>
#endif

namespace synfin {

/// Waits for 0.5 to 3 µs without a system call, if the processor has an instruction for that.
inline void spin_wait() {
#if defined(__SSE2__)
  for (int i = 0; i < 64; ++i) _mm_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace synfin
