// See lazy_array.h.
#include "synfin/stats/lazy_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace synfin {
namespace {

/// Below this size, huge pages waste more memory than they save time.
constexpr std::size_t kMinHuge = std::size_t{4} << 20;

}  // namespace

void* map_zeroed(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  // Most of a mapping stays unused, so the kernel need not reserve all of it.
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (bytes >= kMinHuge) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void unmap(void* memory, std::size_t bytes) noexcept {
  munmap(memory, std::max<std::size_t>(bytes, 1));
}

}  // namespace synfin
