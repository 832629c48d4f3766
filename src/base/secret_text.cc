// See secret_text.h.
#include "synfin/base/secret_text.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace synfin {

void overwrite(void* bytes, std::size_t size) noexcept {
  if (size != 0) explicit_bzero(bytes, size);
}

void SecretText::wipe() noexcept {
  overwrite(bytes_.data(), bytes_.size());
  bytes_.clear();
}

void SecretText::exclude_from_core_dumps() {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes_.data());
  const std::uintptr_t first = begin / page * page;
  (void)madvise(reinterpret_cast<void*>(first), begin + bytes_.size() - first, MADV_DONTDUMP);
}

}  // namespace synfin
