// See cidr.h.
#include "synfin/base/cidr.h"

#include <charconv>

namespace synfin {
namespace {

/// The top `bits` of 64 set; `bits` beyond either end count as 0 or 64.
std::uint64_t top_bits(int bits) {
  if (bits <= 0) return 0;
  return bits >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - bits);
}

}  // namespace

Cidr::Cidr(const Address& network, unsigned bits)
    : network_(network),
      mask_high_(top_bits(static_cast<int>(bits))),
      mask_low_(top_bits(static_cast<int>(bits) - 64)) {}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned most = address->is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != text.npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto end = number.data() + number.size();
    const auto parsed = std::from_chars(number.data(), end, bits);
    if (parsed.ec != std::errc{} || parsed.ptr != end || bits > most) return std::nullopt;
  }
  return Cidr{*address, bits + (128 - most)};
}

}  // namespace synfin
