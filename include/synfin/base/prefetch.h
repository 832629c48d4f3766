/// \file
/// prefetch_line(): loads the cache line at an address ahead of its use.
#pragma once

namespace synfin {

/// GCC 12 removes calls to a function that only prefetches. The empty asm prevents that at no cost.
[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  __asm__ volatile("" : : "r"(address));
  __builtin_prefetch(address, 1);
}

}  // namespace synfin
