/// \file
/// PackedWriter and PackedReader: numbers, texts and addresses as few bytes. Numbers are LEB128
/// (DWARF 5 §7.6), signed ones with their sign in the lowest bit.
/// Tested in tests/unit/inventory/state_pack_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "synfin/base/address.h"

namespace synfin {

/// Appends to `out`, which must outlive it.
class PackedWriter {
 public:
  explicit PackedWriter(std::string& out) : out_(out) {}

  void byte(unsigned value) { out_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<unsigned>(value & 0x7F) | 0x80u);
    byte(static_cast<unsigned>(value));
  }
  void signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number(bits << 1 ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void text(std::string_view text) {
    number(text.size());
    out_ += text;
  }
  void address(const Address& ip) {
    byte(ip.is_v4() ? 4 : 6);
    for (int i = 0; i < 8 && !ip.is_v4(); ++i) byte(ip.high() >> (56 - 8 * i) & 0xFF);
    for (int i = ip.is_v4() ? 4 : 0; i < 8; ++i) byte(ip.low() >> (56 - 8 * i) & 0xFF);
  }

 private:
  std::string& out_;
};

/// Reads what PackedWriter has written. After the end, or if the bytes are not valid, ok() is false
/// and everything is zero or empty.
class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  unsigned byte() {
    if (rest_.empty()) return ok_ = false, 0;
    const auto value = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const unsigned next = byte();
      value |= std::uint64_t{next & 0x7F} << shift;
      if (next < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t bits = number();
    return static_cast<std::int64_t>(bits >> 1 ^ (bits & 1 ? ~std::uint64_t{0} : 0));
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return ok_ = false, std::string_view{};
    const std::string_view text = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(text.size());
    return text;
  }
  Address address() {
    std::uint64_t halves[2] = {0, 0};
    const bool v4 = byte() == 4;
    for (int i = v4 ? 12 : 0; i < 16; ++i) halves[i / 8] = halves[i / 8] << 8 | byte();
    if (v4) return Address::from_v4(static_cast<std::uint32_t>(halves[1]));
    return Address::from_halves(halves[0], halves[1]);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace synfin
