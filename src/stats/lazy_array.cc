// See lazy_array.h.
#include "synfin/stats/lazy_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace synfin {
namespace {

/// Below this, huge pages waste more than they save.
constexpr std::size_t kLarge = std::size_t{4} << 20;

}  // namespace

void* map_zeroed(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  // Nobody uses all of it, so the kernel need not promise all.
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (bytes >= kLarge) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void unmap(void* memory, std::size_t bytes) noexcept {
  munmap(memory, std::max<std::size_t>(bytes, 1));
}

}  // namespace synfin
