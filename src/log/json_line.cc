// See json_line.h.
#include "log/json_line.h"

#include <charconv>
#include <cstdint>
#include <cstring>

#include "synfin/base/utf8.h"

namespace synfin {
namespace {

std::optional<std::uint32_t> four_digits(std::string_view text) {
  std::uint32_t code = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, code, 16);
  if (error != std::errc{} || end != text.data() + 4) return std::nullopt;
  return code;
}

/// Appends the character of "\uNNNN", or of two of them (RFC 8259 §7), and returns how many bytes
/// behind the "\u" it has read.
std::size_t append_unicode(std::string& out, std::string_view digits) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const auto high = four_digits(digits);
  if (!high) return 0;
  if (*high < 0xD800 || *high > 0xDFFF) {
    append_utf8(out, *high);
    return 4;
  }
  const bool pair = *high < 0xDC00 && digits.substr(4).starts_with("\\u");
  const auto low = pair ? four_digits(digits.substr(6)) : std::nullopt;
  if (!low || *low < 0xDC00 || *low > 0xDFFF) {
    append_utf8(out, kReplacement);
    return 4;
  }
  append_utf8(out, 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
  return 10;
}

char control_of(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

}  // namespace

void JsonLine::skip_spaces() {
  std::size_t at = 0;
  while (at < rest_.size() && (rest_[at] == ' ' || rest_[at] == '\t' || rest_[at] == '\r')) ++at;
  rest_.remove_prefix(at);
}

bool JsonLine::take(char c) {
  skip_spaces();
  if (rest_.empty() || rest_[0] != c) return false;
  rest_.remove_prefix(1);
  return true;
}

/// REQUIRES: the opening quote is taken.
bool JsonLine::take_text(std::string_view& out) {
  for (std::size_t from = 0;;) {
    const std::size_t quote = rest_.find('"', from);
    if (quote == rest_.npos) return false;
    std::size_t slashes = 0;
    while (slashes < quote && rest_[quote - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) {
      out = rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      return true;
    }
    from = quote + 1;
  }
}

/// Skips an array or an object with all it contains. REQUIRES: its bracket is the next character.
bool JsonLine::skip_nested() {
  std::size_t depth = 0;
  while (!rest_.empty()) {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    std::string_view text;
    if (c == '"' && !take_text(text)) return false;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return true;
  }
  return false;
}

bool JsonLine::take_value(Member& member) {
  skip_spaces();
  if (rest_.empty()) return false;
  if (rest_[0] == '"') {
    rest_.remove_prefix(1);
    return take_text(member.value);
  }
  if (rest_[0] == '[' || rest_[0] == '{') {
    member.is_set = false;
    return skip_nested();
  }
  std::size_t end = 0;
  while (end < rest_.size() && rest_[end] != ',' && rest_[end] != '}' && rest_[end] != ' ') ++end;
  member.value = rest_.substr(0, end);
  member.is_set = member.value != "null";
  rest_.remove_prefix(end);
  return end > 0;
}

std::optional<JsonLine::Member> JsonLine::next() {
  const bool first = !begun_;
  if (first && !take('{')) return std::nullopt;
  begun_ = true;
  if (take('}')) {
    skip_spaces();
    complete_ = rest_.empty();
    return std::nullopt;
  }
  Member member;
  if (!first && !take(',')) return std::nullopt;
  if (!take('"') || !take_text(member.name) || !take(':') || !take_value(member))
    return std::nullopt;
  return member;
}

std::string json_unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[++i] == 'u') {
      i += append_unicode(out, text.substr(i + 1));
    } else {
      out += control_of(text[i]);
    }
  }
  return out;
}

}  // namespace synfin
