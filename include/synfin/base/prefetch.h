/// \file
/// prefetch_line(): asks for the cache line at an address, ahead of its use.
#pragma once

namespace synfin {

/// GCC 12 takes a function that does nothing but prefetch for one without effect and drops calls to
/// it. The empty asm costs nothing and keeps them.
[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  __asm__ volatile("" : : "r"(address));
  __builtin_prefetch(address, 1);
}

}  // namespace synfin
