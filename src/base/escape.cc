// The escapes of each output format, over one list of unsafe characters.
//
// Specs: RFC 8259 (JSON), RFC 4180 (CSV), Unicode 15 (Bidi_Control, Default_Ignorable_Code_Point).
// Tested in tests/unit/base/escape_test.cc.
#include "synfin/base/escape.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "synfin/base/utf8.h"

namespace synfin {
namespace {

constexpr char kHex[] = "0123456789abcdef";

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

/// Code points that reorder, hide or break a line, in ascending order.
constexpr CodeRange kUnsafe[] = {
    {0x00, 0x1F},       {0x7F, 0x9F},     {0xAD, 0xAD},     {0x34F, 0x34F},     {0x61C, 0x61C},
    {0x115F, 0x1160},   {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x2800, 0x2800}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
};

bool is_unsafe(std::uint32_t code) {
  if (code < 0x7F) return code < 0x20;
  const auto* range =
      std::lower_bound(std::begin(kUnsafe), std::end(kUnsafe), code,
                       [](const CodeRange& r, std::uint32_t c) { return r.last < c; });
  return range != std::end(kUnsafe) && code >= range->first;
}

void append_hex(std::string& out, const Utf8Character&, std::string_view bytes) {
  for (const char c : bytes) {
    const auto b = static_cast<std::uint8_t>(c);
    out += "\\x";
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
}

/// Returns the text that replaces a printable ASCII character, or nothing if the character stays.
using Replacement = std::string_view (*)(char);

/// Returns how many leading bytes of `text` are printable ASCII that no escape changes, which is
/// nearly always all of them.
template <Replacement replacement>
std::size_t clean_prefix(std::string_view text) {
  const auto* end = std::find_if(text.begin(), text.end(), [](char c) {
    return c < 0x20 || c > 0x7E || !replacement(c).empty();
  });
  return static_cast<std::size_t>(end - text.begin());
}

/// Appends the escaped form of an unsafe character, or of a byte that begins no character.
using WriteUnsafe = void (*)(std::string& out, const Utf8Character& c, std::string_view bytes);

/// Appends `text`. `replacement` handles printable ASCII, `write_unsafe` everything unsafe.
template <Replacement replacement, WriteUnsafe write_unsafe>
void append_escaped(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t clean = clean_prefix<replacement>(text);
    out += text.substr(0, clean);
    text.remove_prefix(clean);
    if (text.empty()) return;
    const Utf8Character c = decode_utf8(text);
    const std::string_view bytes = text.substr(0, c.size);
    text.remove_prefix(c.size);
    if (!c.valid || is_unsafe(c.code)) {
      write_unsafe(out, c, bytes);
    } else {
      out += c.size > 1 ? bytes : replacement(bytes[0]);
    }
  }
}

std::string_view plain_replacement(char c) {
  using namespace std::string_view_literals;
  return c == '\\' ? "\\\\"sv : ""sv;
}

std::string_view csv_replacement(char c) { return c == '"' ? "\"\"" : plain_replacement(c); }

std::string_view zeek_replacement(char c) { return c == '\\' ? "\\x5c" : ""; }

std::string_view json_replacement(char c) { return c == '"' ? "\\\"" : plain_replacement(c); }

std::string_view html_replacement(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return plain_replacement(c);
  }
}

void append_u(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[unit >> shift & 15];
}

/// Appends one or two UTF-16 units (RFC 8259 §7).
void append_json_escape(std::string& out, const Utf8Character& c, std::string_view) {
  if (!c.valid) {
    out += "\xEF\xBF\xBD";  // U+FFFD
  } else if (c.code < 0x10000) {
    append_u(out, c.code);
  } else {
    append_u(out, 0xD800 + ((c.code - 0x10000) >> 10));
    append_u(out, 0xDC00 + ((c.code - 0x10000) & 0x3FF));
  }
}

/// An apostrophe before a formula counts, so that a reader knows which ones append_csv() added.
bool is_formula(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('\''), text.size()));
  if (text.empty()) return false;
  if (std::string_view{"=+-@\t\r\n"}.find(text[0]) != std::string_view::npos) return true;
  switch (decode_utf8(text).code) {
    case 0xFF1D:  // full-width =
    case 0xFF0B:  // +
    case 0xFF0D:  // -
    case 0xFF20:  // @
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string mask_userinfo(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  std::string out;
  for (std::size_t begin = 0; (begin = text.find(kScheme)) != text.npos;) {
    begin += kScheme.size();
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    const bool has_userinfo = at != text.npos && at >= begin;
    out += text.substr(0, begin);
    if (has_userinfo) out += "***";
    text.remove_prefix(has_userinfo ? at : begin);
  }
  return out.append(text);
}

bool is_harmless(std::string_view text) {
  static constexpr auto kHarmless = [] {
    std::array<bool, 256> all{};
    for (const unsigned char c : std::string_view{"_./:-0123456789"}) all[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) all[c] = all[c - 0x20u] = true;
    return all;
  }();
  return !text.starts_with('-') && std::all_of(text.begin(), text.end(), [](char c) {
    return kHarmless[static_cast<unsigned char>(c)];
  });
}

bool is_safe(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character c = decode_utf8(text);
    if (!c.valid || is_unsafe(c.code)) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

void append_plain(std::string& out, std::string_view text) {
  append_escaped<plain_replacement, append_hex>(out, text);
}

void append_ascii(std::string& out, std::string_view text) {
  for (const char& c : text) {
    const auto b = static_cast<std::uint8_t>(c);
    if (b < 0x20 || b >= 0x7F) {
      append_hex(out, {}, {&c, 1});
    } else if (c == '\\') {
      out += plain_replacement(c);
    } else {
      out += c;
    }
  }
}

void append_json_string(std::string& out, std::string_view text) {
  if (clean_prefix<json_replacement>(text) == text.size()) {
    const std::size_t at = out.size();
    out.resize(at + text.size() + 2, '"');
    text.copy(out.data() + at + 1, text.size());
    return;
  }
  out += '"';
  append_escaped<json_replacement, append_json_escape>(out, text);
  out += '"';
}

void append_csv(std::string& out, std::string_view text) {
  // Some readers trim a leading or trailing blank unless the field is quoted.
  const bool quoted = text.find_first_of("\",") != std::string_view::npos ||
                      (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  if (quoted) out += '"';
  if (is_formula(text)) out += '\'';
  append_escaped<csv_replacement, append_hex>(out, text);
  if (quoted) out += '"';
}

std::string_view without_csv_apostrophe(std::string_view field) {
  if (field.starts_with('\'') && is_formula(field)) field.remove_prefix(1);
  return field;
}

void append_zeek(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "(empty)";
  } else if (text == "-") {
    out += "\\x2d";
  } else if (text == "(empty)") {
    out += "\\x28empty)";
  } else {
    append_escaped<zeek_replacement, append_hex>(out, text);
  }
}

void append_html(std::string& out, std::string_view text) {
  append_escaped<html_replacement, append_hex>(out, text);
}

}  // namespace synfin
