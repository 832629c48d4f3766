// See secret_text.h.
#include "synfin/base/secret_text.h"

#include <string.h>

namespace synfin {

void overwrite(void* bytes, std::size_t size) noexcept {
  if (size != 0) explicit_bzero(bytes, size);
}

void SecretText::wipe() noexcept {
  overwrite(bytes_.data(), bytes_.size());
  bytes_.clear();
}

}  // namespace synfin
