/// \file
/// Addresses to and from text: dotted quads, and IPv6 as RFC 5952 writes it.
/// Tested in tests/unit/base/address_test.cc.
#include "synfin/base/address.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace synfin {
namespace {

constexpr int kGroups = 8;

void store_be64(std::uint8_t* out, std::uint64_t v) {
  v = __builtin_bswap64(v);
  std::memcpy(out, &v, sizeof v);
}

/// The text of a byte with a dot behind it. Four bytes are always copied: addresses are random, so
/// a branch for each digit would be mispredicted.
struct Octet {
  std::array<char, 4> text{};
  std::uint8_t size = 0;  ///< without the dot
};
constexpr auto kOctets = [] {
  std::array<Octet, 256> all{};
  for (unsigned byte = 0; byte < all.size(); ++byte) {
    Octet& octet = all[byte];
    const auto put = [&](unsigned c) { octet.text[octet.size++] = static_cast<char>(c); };
    if (byte >= 100) put('0' + byte / 100);
    if (byte >= 10) put('0' + byte / 10 % 10);
    put('0' + byte % 10);
    octet.text[octet.size] = '.';
  }
  return all;
}();

/// Writes one byte past the returned end.
char* put_v4(char* out, std::uint32_t v4) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    const Octet& octet = kOctets[(v4 >> shift) & 0xFF];
    std::memcpy(out, octet.text.data(), octet.text.size());
    out += octet.size + 1;
  }
  return out - 1;
}

/// Writes `group` in hexadecimal without leading zeros. Four bytes are always written.
char* put_group(char* out, unsigned group) {
  const unsigned digits = (static_cast<unsigned>(std::bit_width(group | 1u)) + 3) / 4;
  const unsigned left = group << (16 - 4 * digits);
  for (unsigned i = 0; i < 4; ++i) out[i] = "0123456789abcdef"[(left >> (12 - 4 * i)) & 0xF];
  return out + digits;
}

/// The value of a hexadecimal digit, or -1.
constexpr auto kHexDigits = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (unsigned v = 0; v < 10; ++v) values['0' + v] = static_cast<std::int8_t>(v);
  for (unsigned v = 10; v < 16; ++v) {
    values['a' + v - 10] = values['A' + v - 10] = static_cast<std::int8_t>(v);
  }
  return values;
}();

/// The groups [first, first + length) that "::" replaces.
struct ZeroRun {
  int first = kGroups;
  int length = 0;
};

/// Returns the longest run of zero groups, the first one of several. A single zero group is no run
/// (RFC 5952 §4.2.2).
ZeroRun longest_zero_run(const unsigned (&groups)[kGroups]) {
  ZeroRun best;
  for (int i = 0; i < kGroups;) {
    int end = i;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

char* put_v6(char* out, std::uint64_t high, std::uint64_t low) {
  unsigned groups[kGroups];
  for (int i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<unsigned>((i < 4 ? high : low) >> (48 - 16 * (i % 4))) & 0xFFFF;
  }
  const ZeroRun zeros = longest_zero_run(groups);
  for (int i = 0; i < kGroups; ++i) {
    if (i == zeros.first) {
      *out++ = ':';
      *out++ = ':';
      i += zeros.length - 1;
      continue;
    }
    if (i > 0 && i != zeros.first + zeros.length) *out++ = ':';
    out = put_group(out, groups[i]);
  }
  return out;
}

/// Reads the parts of an address from the front of a text. A list of a million addresses is read at
/// the start of a run, so nothing is copied.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() const { return at_ == end_; }
  bool take(char c) {
    if (at_end() || *at_ != c) return false;
    ++at_;
    return true;
  }

  /// Four decimal numbers without leading zeros. On failure the position is unspecified.
  bool read_v4(std::uint32_t& out) {
    for (int octet = 0; octet < 4; ++octet) {
      unsigned digit = 0, value = 0;
      if ((octet > 0 && !take('.')) || !read_decimal(value)) return false;
      while (read_decimal(digit)) {
        if (value == 0) return false;
        value = value * 10 + digit;
        if (value > 255) return false;
      }
      out = out << 8 | value;
    }
    return true;
  }

  /// One to four hexadecimal digits.
  bool read_group(unsigned& out) {
    int digits = 0;
    for (out = 0; !at_end() && kHexDigits[static_cast<unsigned char>(*at_)] >= 0; ++at_) {
      if (++digits > 4) return false;
      out = out << 4 | static_cast<unsigned>(kHexDigits[static_cast<unsigned char>(*at_)]);
    }
    return digits > 0;
  }

 private:
  bool read_decimal(unsigned& digit) {
    if (at_end()) return false;
    digit = static_cast<unsigned>(static_cast<unsigned char>(*at_)) - '0';
    if (digit > 9) return false;
    ++at_;
    return true;
  }

  const char* at_;
  const char* end_;
};

/// Reads the groups of an IPv6 address (RFC 4291 §2.2): eight, or fewer with one "::"; a dotted
/// quad may replace the last two if `has_quad`. REQUIRES: `groups` are zero.
bool read_groups(Reader text, bool has_quad, unsigned (&groups)[kGroups]) {
  int count = 0, gap = -1;
  if (text.take(':')) {
    if (!text.take(':')) return false;
    gap = 0;
  }
  while (!text.at_end()) {
    Reader quad = text;
    std::uint32_t v4 = 0;
    if (has_quad && count + 2 <= kGroups && quad.read_v4(v4)) {
      if (!quad.at_end()) return false;
      groups[count++] = v4 >> 16;
      groups[count++] = v4 & 0xFFFF;
      break;
    }
    if (count == kGroups || !text.read_group(groups[count++])) return false;
    if (text.at_end()) break;
    if (!text.take(':') || text.at_end()) return false;
    if (text.take(':')) {
      if (gap >= 0) return false;
      gap = count;
    }
  }
  if (gap < 0) return count == kGroups;
  if (count == kGroups) return false;
  std::move_backward(groups + gap, groups + count, groups + kGroups);
  std::fill(groups + gap, groups + gap + (kGroups - count), 0u);
  return true;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  Reader quad(text);
  std::uint32_t v4 = 0;
  if (quad.read_v4(v4)) return quad.at_end() ? std::optional(from_v4(v4)) : std::nullopt;
  if (text.find(':') == text.npos) return std::nullopt;
  unsigned groups[kGroups] = {};
  if (!read_groups(Reader(text), text.find('.') != text.npos, groups)) return std::nullopt;
  std::uint64_t halves[2] = {};
  for (int i = 0; i < kGroups; ++i) halves[i / 4] = halves[i / 4] << 16 | groups[i];
  return from_halves(halves[0], halves[1]);
}

std::size_t Address::store(std::uint8_t* out) const {
  if (is_v4()) {
    const std::uint32_t v = __builtin_bswap32(v4());
    std::memcpy(out, &v, sizeof v);
    return sizeof v;
  }
  store_be64(out, high_);
  store_be64(out + 8, low_);
  return 16;
}

char* Address::format_to(char* out) const {
  return is_v4() ? put_v4(out, v4()) : put_v6(out, high_, low_);
}

std::string Address::to_string() const {
  char text[kMaxText];
  return {text, format_to(text)};
}

}  // namespace synfin
