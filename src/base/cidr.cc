// See cidr.h.
#include "synfin/base/cidr.h"

#include <charconv>

namespace synfin {

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned max_bits = address->is_v4() ? 32 : 128;
  unsigned bits = max_bits;
  if (slash != text.npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto end = number.data() + number.size();
    const auto parsed = std::from_chars(number.data(), end, bits);
    if (parsed.ec != std::errc{} || parsed.ptr != end || bits > max_bits) return std::nullopt;
  }
  return of(*address, bits);
}

}  // namespace synfin
