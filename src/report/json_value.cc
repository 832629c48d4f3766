// See json_value.h.
#include "report/json_value.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "synfin/base/utf8.h"

namespace synfin {

/// Parses by recursive descent; each function returns false at a fault.
class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : rest_(text) {}

  bool whole(JsonValue& out) {
    if (!value(out, 0)) return false;
    skip_spaces();
    return rest_.empty();
  }

 private:
  void skip_spaces() {
    const std::size_t at = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(at, rest_.size()));
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool next_is(char c) {
    skip_spaces();
    return take({&c, 1});
  }

  bool value(JsonValue& out, int depth);
  bool text(std::string& out);
  bool escape(std::string& out);
  bool unicode(std::uint32_t& code);
  bool number(JsonValue& out);
  bool array(JsonValue& out, int depth);
  bool object(JsonValue& out, int depth);

  std::string_view rest_;
  std::size_t values_ = 0;
};

bool JsonParser::unicode(std::uint32_t& code) {
  if (rest_.size() < 4) return false;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
  if (error != std::errc{} || end != rest_.data() + 4) return false;
  rest_.remove_prefix(4);
  return true;
}

/// REQUIRES: the backslash is taken.
bool JsonParser::escape(std::string& out) {
  if (rest_.empty()) return false;
  const char c = rest_[0];
  rest_.remove_prefix(1);
  if (c != 'u') {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t at = kLetters.find(c);
    if (at == kLetters.npos) return false;
    out += kMeanings[at];
    return true;
  }
  std::uint32_t code = 0, low = 0;
  if (!unicode(code)) return false;
  if (code >= 0xD800 && code < 0xDC00) {  // the first half of a pair (RFC 8259 section 7)
    if (!take("\\u") || !unicode(low) || low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, code);
  return true;
}

/// REQUIRES: the opening quote is taken.
bool JsonParser::text(std::string& out) {
  for (;;) {
    const std::size_t at = rest_.find_first_of("\"\\");
    if (at == rest_.npos) return false;
    out += rest_.substr(0, at);
    const bool ends = rest_[at] == '"';
    rest_.remove_prefix(at + 1);
    if (ends) return true;
    if (!escape(out)) return false;
  }
}

bool JsonParser::number(JsonValue& out) {
  // from_chars() also reads "inf" and "nan".
  const std::size_t digit = rest_.starts_with('-') ? 1 : 0;
  if (digit >= rest_.size() || rest_[digit] < '0' || rest_[digit] > '9') return false;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out.number_);
  if (error != std::errc{} || end == rest_.data()) return false;
  out.kind_ = JsonValue::Kind::Number;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return true;
}

bool JsonParser::array(JsonValue& out, int depth) {
  out.kind_ = JsonValue::Kind::Array;
  if (next_is(']')) return true;
  do {
    if (!value(out.items_.emplace_back(), depth)) return false;
  } while (next_is(','));
  return next_is(']');
}

bool JsonParser::object(JsonValue& out, int depth) {
  out.kind_ = JsonValue::Kind::Object;
  if (next_is('}')) return true;
  do {
    if (!next_is('"') || !text(out.names_.emplace_back()) || !next_is(':')) return false;
    if (!value(out.items_.emplace_back(), depth)) return false;
  } while (next_is(','));
  return next_is('}');
}

bool JsonParser::value(JsonValue& out, int depth) {
  if (depth > JsonValue::kMaxDepth || ++values_ > JsonValue::kMaxValues) return false;
  if (next_is('{')) return object(out, depth + 1);
  if (take("[")) return array(out, depth + 1);
  if (take("\"")) {
    out.kind_ = JsonValue::Kind::Text;
    return text(out.text_);
  }
  if (take("null")) return true;
  out.kind_ = JsonValue::Kind::Bool;
  if (take("true")) {
    out.number_ = 1;
    return true;
  }
  return take("false") || number(out);
}

std::optional<JsonValue> JsonValue::parse(std::string_view text) {
  JsonValue value;
  return JsonParser(text).whole(value) ? std::optional(std::move(value)) : std::nullopt;
}

const JsonValue& JsonValue::operator[](std::string_view name) const {
  static const JsonValue kNull;
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return kNull;
  return items_[static_cast<std::size_t>(found - names_.begin())];
}

}  // namespace synfin
