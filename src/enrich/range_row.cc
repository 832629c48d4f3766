// Rows of address ranges: one line → its range and what it says of it, all in place.
// Contract in include/synfin/enrich/range_row.h; tested in tests/unit/enrich/range_row_test.cc and
// tests/unit/enrich/range_file_test.cc.
#include "enrich/range_row.h"

#include <algorithm>
#include <array>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

std::string_view unquoted(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = field.substr(1, field.size() - 2);
  }
  return field;
}

/// The fields of one line, in place and without their quotes.
class Fields {
 public:
  static constexpr std::size_t kMost = 8;

  Fields(std::string_view line, char separator, std::size_t most = kMost) {
    while (count_ < most) {
      const std::size_t end = end_of_field(line, separator);
      length_ += end + (count_ != 0);
      fields_[count_++] = unquoted(line.substr(0, end));
      if (end >= line.size()) return;
      line.remove_prefix(end + 1);
    }
  }
  std::size_t size() const { return count_; }
  std::size_t length() const { return length_; }  ///< of the line, as far as the fields reach
  std::string_view operator[](std::size_t i) const { return fields_[i]; }

 private:
  static std::size_t end_of_field(std::string_view line, char separator) {
    std::size_t from = 0;
    if (!line.empty() && line[0] == '"') {
      from = line.find('"', 1);
      while (from != line.npos && from + 1 < line.size() && line[from + 1] == '"') {
        from = line.find('"', from + 2);
      }
      if (from == line.npos) from = 0;
    }
    const std::size_t end = line.find(separator, from);
    return end == line.npos ? line.size() : end;
  }
  std::array<std::string_view, kMost> fields_;
  std::size_t count_ = 0;
  std::size_t length_ = 0;
};

/// "16777216": up to 128 bits; what fits 32 is IPv4.
std::optional<Address> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 39) return std::nullopt;
  Uint128 value = 0;
  std::uint64_t part = 0;
  std::size_t in_part = 0;
  std::uint64_t scale = 1;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    part = part * 10 + static_cast<std::uint64_t>(c - '0');
    scale *= 10;
    if (++in_part < 18) continue;
    value = value * scale + part;
    part = in_part = 0;
    scale = 1;
  }
  value = value * scale + part;
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  if (high == 0 && low <= 0xFFFFFFFF) return Address::from_v4(static_cast<std::uint32_t>(low));
  return Address::from_halves(high, low);
}

/// Cuts the first field off `line`, quotes and all.
std::string_view take_field(std::string_view& line, char separator) {
  const Fields first(line, separator, 1);
  line.remove_prefix(std::min(line.size(), first.length() + 1));
  return first[0];
}

std::optional<Address> parse_end(std::string_view text) {
  if (const auto number = parse_number(text)) return number;
  return Address::parse(text);
}

/// Cuts an address or a number off `line`. Plain numbers of 64 bits and dotted quads, which most
/// rows hold, are read on the way to the separator.
std::optional<Address> take_end(std::string_view& line, char separator) {
  std::uint64_t part = 0;
  std::uint32_t quad = 0;
  unsigned dots = 0, digits = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c >= '0' && c <= '9' && ++digits <= 18) {
      part = part * 10 + static_cast<std::uint64_t>(c - '0');
    } else if (c == '.' && digits != 0 && part <= 255 && dots < 3) {
      quad = quad << 8 | static_cast<std::uint32_t>(part);
      ++dots;
      digits = 0;
      part = 0;
    } else if (c == separator && digits != 0 && (dots == 0 || (dots == 3 && part <= 255))) {
      line.remove_prefix(i + 1);
      if (dots == 3) return Address::from_v4(quad << 8 | static_cast<std::uint32_t>(part));
      return part <= 0xFFFFFFFF ? Address::from_v4(static_cast<std::uint32_t>(part))
                                : Address::from_halves(0, part);
    } else {
      break;
    }
  }
  return parse_end(take_field(line, separator));
}

bool begins_like_number(std::string_view text) {
  if (text.size() > 2 && (text[0] == 'A' || text[0] == 'a') && (text[1] == 'S' || text[1] == 's')) {
    text.remove_prefix(2);
  }
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

/// `rest` is what follows the range. DB-IP's city files have a continent before the country.
RowFacts facts_of(std::string_view rest, char separator) {
  RowFacts facts;
  if (!begins_like_number(rest)) {
    const Fields f(rest, separator);
    facts.country = CountryCode::from(f.size() >= 6 && f[1].size() == 2 ? f[1] : f[0]);
    return facts;
  }
  const std::size_t end = std::min(rest.find(separator), rest.size());
  facts.asn = parse_asn(rest.substr(0, end));
  rest.remove_prefix(std::min(rest.size(), end + 1));
  constexpr std::string_view kNoCountry = "None";
  if (rest.size() > 2 && rest[2] == separator) {
    facts.country = CountryCode::from(rest.substr(0, 2));
    rest.remove_prefix(3);
  } else if (rest.starts_with(kNoCountry) && rest.size() > 4 && rest[4] == separator) {
    rest.remove_prefix(kNoCountry.size() + 1);
  }
  facts.org = rest;
  return facts;
}

}  // namespace

std::optional<RangeRow> RangeRow::parse(std::string_view line, char separator) {
  const auto first = take_end(line, separator);
  if (!first) return std::nullopt;
  const auto last = take_end(line, separator);
  if (!last || line.empty()) return std::nullopt;
  if (first->is_v4() != last->is_v4() || *first > *last) return std::nullopt;
  return RangeRow{*first, *last, facts_of(line, separator)};
}

std::string plain_field(std::string_view rest, char separator) {
  std::string field{take_field(rest, separator)};
  for (std::size_t at = field.find("\"\""); at != field.npos; at = field.find("\"\"", at + 1)) {
    field.erase(at, 1);
  }
  return field;
}

}  // namespace synfin
