// See range_row.h. Lines are parsed in place, because a file has up to millions of rows.
#include "enrich/range_row.h"

#include <algorithm>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

std::string_view unquoted(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = field.substr(1, field.size() - 2);
  }
  return field;
}

/// Returns the length of the first field of `line`, quotes included. A quote that is never closed
/// is an ordinary character.
std::size_t field_length(std::string_view line, char separator) {
  std::size_t from = 0;
  if (!line.empty() && line[0] == '"') {
    from = line.find('"', 1);
    while (from != line.npos && from + 1 < line.size() && line[from + 1] == '"') {
      from = line.find('"', from + 2);
    }
    if (from == line.npos) from = 0;
  }
  return std::min(line.find(separator, from), line.size());
}

/// Removes the first field from `line` and returns it without its quotes.
std::string_view take_field(std::string_view& line, char separator) {
  const std::size_t length = field_length(line, separator);
  const std::string_view field = unquoted(line.substr(0, length));
  line.remove_prefix(std::min(line.size(), length + 1));
  return field;
}

/// Parses an integer of up to 128 bits. One that fits into 32 bits is an IPv4 address, and so is a
/// mapped one.
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

std::optional<Address> parse_end(std::string_view text) {
  if (const auto number = parse_number(text)) return number;
  return Address::parse(text);
}

/// Removes an address or a number from `line`. Plain 64-bit numbers and dotted quads, which most
/// rows hold, are parsed while the separator is searched.
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

bool is_continent(std::string_view field) {
  constexpr std::string_view kContinents = " AF AN AS EU NA OC SA ";
  return field.size() == 2 && kContinents.find(field) != kContinents.npos;
}

bool is_country_or_none(std::string_view field) {
  return field.size() == 2 || field == "None" || field == "-" || field.empty();
}

/// Parses the fields behind the range. DB-IP's city files have a continent before the country.
RowFacts facts_of(std::string_view rest, char separator) {
  RowFacts facts;
  std::string_view field = take_field(rest, separator);
  if (field.find('/') != field.npos) field = take_field(rest, separator);
  if (!begins_like_number(field)) {
    std::string_view next = rest;
    const std::string_view second = take_field(next, separator);
    const bool after_continent = is_continent(field) && CountryCode::from(second).known();
    facts.country = CountryCode::from(after_continent ? second : field);
    return facts;
  }
  facts.asn = parse_asn(field);
  std::string_view behind = rest;
  const std::string_view country = take_field(behind, separator);
  if (is_country_or_none(country) && behind.data() != rest.data() && !behind.empty()) {
    facts.country = CountryCode::from(country);
    rest = behind;
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
  const RowFacts facts = facts_of(line, separator);
  if (first->is_v4() == last->is_v4()) {
    if (*first > *last) return std::nullopt;
    return RangeRow{*first, *last, facts};
  }
  if (facts.country.known() || facts.asn != 0) return std::nullopt;
  return RangeRow{*last, *last, facts};
}

std::string plain_field(std::string_view rest, char separator) {
  std::string field{take_field(rest, separator)};
  for (std::size_t at = field.find("\"\""); at != field.npos; at = field.find("\"\"", at + 1)) {
    field.erase(at, 1);
  }
  return field;
}

}  // namespace synfin
