/// \file
/// prefetch_line() and prefetch_lines(): load cache lines ahead of their use.
#pragma once

#include <cstddef>

namespace synfin {

/// GCC 12 removes calls to a function that only prefetches. The empty asm prevents that at no cost.
[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  __asm__ volatile("" : : "r"(address));
  __builtin_prefetch(address, 1);
}

/// The lines of an object whose size is a multiple of 64 bytes or which begins at a line; else the
/// last one may be missing.
template <typename T>
[[gnu::always_inline]] inline void prefetch_lines(const T* object) {
  const char* at = reinterpret_cast<const char*>(object);
  for (std::size_t line = 0; line < sizeof(T); line += 64) prefetch_line(at + line);
}

}  // namespace synfin
