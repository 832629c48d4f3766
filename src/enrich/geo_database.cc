// CountryCode and parse_asn(), which both formats use. See geo_database.h.
#include "synfin/enrich/geo_database.h"

#include <charconv>

namespace synfin {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
char upper(char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; }

/// "AAABAC…ZZ", which CountryCode::view() points into.
constexpr auto kAllCodes = [] {
  std::array<char, 26 * 26 * 2> all{};
  for (std::size_t i = 0; i < 26 * 26; ++i) {
    all[2 * i] = static_cast<char>('A' + i / 26);
    all[2 * i + 1] = static_cast<char>('A' + i % 26);
  }
  return all;
}();

}  // namespace

std::string_view CountryCode::view() const {
  if (!known()) return {};
  const auto i = static_cast<unsigned>((letters_[0] - 'A') * 26 + (letters_[1] - 'A'));
  return {&kAllCodes[2 * i], 2};
}

CountryCode CountryCode::from(std::string_view text) {
  CountryCode code;
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1])) return code;
  const std::array<char, 2> letters{upper(text[0]), upper(text[1])};
  if (letters[0] == letters[1] && (letters[0] == 'Z' || letters[0] == 'X')) return code;
  code.letters_ = letters;
  return code;
}

std::uint32_t parse_asn(std::string_view text) {
  if (text.size() > 2 && upper(text[0]) == 'A' && upper(text[1]) == 'S') text.remove_prefix(2);
  std::uint32_t asn = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, asn);
  return parsed.ec == std::errc{} && parsed.ptr == end ? asn : 0;
}

}  // namespace synfin
