/// \file
/// An IPv4 or IPv6 address as one 128-bit value.
///
/// IPv4 is stored as an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2), so that tables have one key
/// type. The two halves are integers in host order, so comparing them orders addresses by their
/// bytes. Tested in tests/unit/base/address_test.cc.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/mix.h"

namespace synfin {

/// Big-endian loads at any alignment. REQUIRES: as many readable bytes at `p` as the result has.
inline std::uint16_t load_be16(const std::uint8_t* p) {
  std::uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}

class Address {
 public:
  /// The length of the longest text, a full IPv6 address.
  static constexpr std::size_t kMaxText = 39;

  /// "::".
  constexpr Address() = default;

  /// `v4` in host order: 0xC0000201 is 192.0.2.1.
  static constexpr Address from_v4(std::uint32_t v4) { return Address{0, kMapped | v4}; }
  static constexpr Address from_halves(std::uint64_t high, std::uint64_t low) {
    return Address{high, low};
  }
  /// Four bytes in network order.
  static Address load_v4(const std::uint8_t* p) { return from_v4(load_be32(p)); }
  /// Sixteen bytes in network order.
  static Address load_v6(const std::uint8_t* p) { return Address{load_be64(p), load_be64(p + 8)}; }
  /// Accepts "192.0.2.1" and "2001:db8::1", and no zone, brackets or prefix length.
  static std::optional<Address> parse(std::string_view text);

  constexpr bool is_v4() const { return high_ == 0 && (low_ >> 32) == 0xFFFF; }
  /// REQUIRES: is_v4().
  constexpr std::uint32_t v4() const { return static_cast<std::uint32_t>(low_); }
  constexpr std::uint64_t high() const { return high_; }
  constexpr std::uint64_t low() const { return low_; }

  /// Writes the address in network order and returns its size, 4 bytes for IPv4 and 16 for IPv6.
  /// REQUIRES: room for 16 bytes.
  std::size_t store(std::uint8_t* out) const;

  /// Writes the text (RFC 5952 for IPv6) without a terminating zero and returns one past the last
  /// character. REQUIRES: room for kMaxText bytes.
  char* format_to(char* out) const;
  std::string to_string() const;

  friend constexpr auto operator<=>(const Address&, const Address&) = default;
  // Both halves are compared without a branch, because the outcome cannot be predicted.
  friend constexpr bool operator==(const Address& a, const Address& b) {
    return ((a.high_ ^ b.high_) | (a.low_ ^ b.low_)) == 0;
  }
  friend constexpr bool operator<(const Address& a, const Address& b) {
    return a.whole() < b.whole();
  }

 private:
  static constexpr std::uint64_t kMapped = 0xFFFF00000000;
  constexpr Address(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}
  constexpr Uint128 whole() const { return Uint128{high_} << 64 | low_; }

  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

}  // namespace synfin
