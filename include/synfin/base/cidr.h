/// \file
/// Cidr: a block of addresses, "192.0.2.0/24", "2001:db8::/32" or a single address (RFC 4632,
/// RFC 4291 §2.3). Tested in tests/unit/base/cidr_test.cc.
#pragma once

#include <optional>
#include <string_view>

#include "synfin/base/address.h"

namespace synfin {

class Cidr {
 public:
  /// Address bits beyond the prefix are ignored. Returns nothing if `text` is not a block.
  static std::optional<Cidr> parse(std::string_view text);

  /// REQUIRES: bits ≤ 32 for an IPv4 `network`, ≤ 128 for an IPv6 one.
  static constexpr Cidr of(const Address& network, unsigned bits) {
    return Cidr{network, network.is_v4() ? 96 + bits : bits};
  }

  /// `bits` of the 128-bit form: an IPv4 prefix has 96 more.
  static constexpr Cidr of_bits(const Address& network, unsigned bits) {
    return Cidr{network, bits};
  }
  constexpr unsigned bits() const { return bits_; }

  /// A block of IPv6 addresses contains no IPv4 address: "::/0" means all of IPv6.
  constexpr bool contains(const Address& a) const {
    return (bits_ >= 96 || !a.is_v4()) && ((a.high() ^ network_.high()) & mask_high_) == 0 &&
           ((a.low() ^ network_.low()) & mask_low_) == 0;
  }

  /// The lowest and the highest address of the block.
  constexpr Address first() const {
    return Address::from_halves(network_.high() & mask_high_, network_.low() & mask_low_);
  }
  constexpr Address last() const {
    return Address::from_halves(network_.high() | ~mask_high_, network_.low() | ~mask_low_);
  }

 private:
  constexpr Cidr(const Address& network, unsigned bits)
      : network_(network),
        mask_high_(top_bits(static_cast<int>(bits))),
        mask_low_(top_bits(static_cast<int>(bits) - 64)),
        bits_(bits) {}

  /// The top `bits` of 64 set; values outside [0, 64] are clamped.
  static constexpr std::uint64_t top_bits(int bits) {
    if (bits <= 0) return 0;
    return bits >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - bits);
  }

  Address network_;
  std::uint64_t mask_high_;
  std::uint64_t mask_low_;
  unsigned bits_;
};

}  // namespace synfin
