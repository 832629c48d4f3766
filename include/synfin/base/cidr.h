/// \file
/// A block of addresses: "192.0.2.0/24", "2001:db8::/32", or one address alone (RFC 4632, RFC 4291
/// §2.3). Tested in tests/unit/base/cidr_test.cc.
#pragma once

#include <optional>
#include <string_view>

#include "synfin/base/address.h"

namespace synfin {

class Cidr {
 public:
  /// Bits behind the prefix may be set; they do not count.
  static std::optional<Cidr> parse(std::string_view text);

  bool contains(const Address& a) const {
    return ((a.high() ^ network_.high()) & mask_high_) == 0 &&
           ((a.low() ^ network_.low()) & mask_low_) == 0;
  }

 private:
  Cidr(const Address& network, unsigned bits);

  Address network_;
  std::uint64_t mask_high_;
  std::uint64_t mask_low_;
};

}  // namespace synfin
