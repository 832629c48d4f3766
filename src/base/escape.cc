// Escapes for each place that hostile text can reach; one UTF-8 reader and one list of unsafe
// characters for all.
//
// Specs: RFC 3629 (UTF-8), RFC 8259 (JSON), RFC 4180 (CSV), Unicode 15 (Bidi_Control,
// Default_Ignorable_Code_Point). Tested in tests/unit/base/escape_test.cc.
#include "synfin/base/escape.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace synfin {
namespace {

constexpr char kHex[] = "0123456789abcdef";

/// One step through a text: a character, or a byte that begins none.
struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = false;
};

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

/// How many bytes a lead byte announces; 0 for one that cannot lead (RFC 3629 §4).
std::size_t announced_size(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// Neither overlong nor a surrogate nor past the last code point.
bool is_scalar_of_size(std::uint32_t code, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  return code >= kSmallest[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

/// REQUIRES: !text.empty().
Character first_character(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  const std::size_t size = announced_size(lead);
  if (size == 1) return {lead, 1, true};
  if (size == 0 || size > text.size()) return {lead, 1, false};
  std::uint32_t code = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint8_t next = byte_at(text, i);
    if ((next & 0xC0) != 0x80) return {lead, 1, false};
    code = code << 6 | (next & 0x3Fu);
  }
  return is_scalar_of_size(code, size) ? Character{code, size, true} : Character{lead, 1, false};
}

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

/// What reorders, hides or breaks a line, in ascending order.
constexpr CodeRange kUnsafe[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_unsafe(std::uint32_t code) {
  if (code < 0x7F) return code < 0x20;
  const auto* range =
      std::lower_bound(std::begin(kUnsafe), std::end(kUnsafe), code,
                       [](const CodeRange& r, std::uint32_t c) { return r.last < c; });
  return range != std::end(kUnsafe) && code >= range->first;
}

void append_hex(std::string& out, const Character&, std::string_view bytes) {
  for (const char c : bytes) {
    const auto b = static_cast<std::uint8_t>(c);
    out += "\\x";
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
}

/// What an escape writes instead of a printable ASCII character; empty where that stays.
using Replacement = std::string_view (*)(char);

/// How much of `text` from its beginning is printable ASCII that stays as it is: nearly always all
/// of it.
template <Replacement replacement>
std::size_t clean_prefix(std::string_view text) {
  const auto* end = std::find_if(text.begin(), text.end(), [](char c) {
    return c < 0x20 || c > 0x7E || !replacement(c).empty();
  });
  return static_cast<std::size_t>(end - text.begin());
}

/// How an escape writes a character that is unsafe, or a byte that begins none.
using WriteUnsafe = void (*)(std::string& out, const Character& c, std::string_view bytes);

/// Appends `text`, replacing printable ASCII characters one way and what is unsafe another.
template <Replacement replacement, WriteUnsafe write_unsafe>
void append_escaped(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t clean = clean_prefix<replacement>(text);
    out += text.substr(0, clean);
    text.remove_prefix(clean);
    if (text.empty()) return;
    const Character c = first_character(text);
    const std::string_view bytes = text.substr(0, c.size);
    text.remove_prefix(c.size);
    if (!c.valid || is_unsafe(c.code)) {
      write_unsafe(out, c, bytes);
    } else {
      out += c.size > 1 ? bytes : replacement(bytes[0]);
    }
  }
}

std::string_view plain_replacement(char c) { return c == '\\' ? "\\\\" : ""; }

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

/// As UTF-16, in one unit or two (RFC 8259 §7).
void append_json_escape(std::string& out, const Character& c, std::string_view) {
  if (!c.valid) {
    out += "\xEF\xBF\xBD";  // U+FFFD
  } else if (c.code < 0x10000) {
    append_u(out, c.code);
  } else {
    append_u(out, 0xD800 + ((c.code - 0x10000) >> 10));
    append_u(out, 0xDC00 + ((c.code - 0x10000) & 0x3FF));
  }
}

bool is_formula(std::string_view text) {
  if (text.empty()) return false;
  if (std::string_view{"=+-@\t\r\n"}.find(text[0]) != std::string_view::npos) return true;
  switch (first_character(text).code) {
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
  out += '"';
  append_escaped<json_replacement, append_json_escape>(out, text);
  out += '"';
}

void append_csv(std::string& out, std::string_view text) {
  // A leading or trailing blank is quoted too: some readers trim what is not.
  const bool quoted = text.find_first_of("\",") != std::string_view::npos ||
                      (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  if (quoted) out += '"';
  if (is_formula(text)) out += '\'';
  append_escaped<csv_replacement, append_hex>(out, text);
  if (quoted) out += '"';
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
