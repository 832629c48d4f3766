/// \file
/// Addresses to and from text: dotted quads, and IPv6 as RFC 5952 writes it.
/// Tested in tests/unit/base/address_test.cc.
#include "synfin/base/address.h"

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <cstring>

namespace synfin {
namespace {

/// The longest text that inet_pton accepts: eight groups, of which a dotted quad replaces two.
constexpr std::size_t kMaxInput = 45;
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

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  char terminated[kMaxInput + 1];
  if (text.size() > kMaxInput || text.find('\0') != text.npos) return std::nullopt;
  text.copy(terminated, text.size());
  terminated[text.size()] = '\0';

  std::uint8_t bytes[16];
  if (inet_pton(AF_INET, terminated, bytes) == 1) return load_v4(bytes);
  if (inet_pton(AF_INET6, terminated, bytes) == 1) return load_v6(bytes);
  return std::nullopt;
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
