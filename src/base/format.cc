// See format.h.
#include "synfin/base/format.h"

namespace synfin {

std::string with_separators(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace synfin
