// Document → text for a terminal or a plain file: what TextTable has fitted, with colours.
//
// Tested in tests/unit/report/text_test.cc.
#include <algorithm>

#include "synfin/base/escape.h"
#include "synfin/report/document.h"
#include "synfin/report/text_table.h"

namespace synfin {
namespace {

constexpr std::size_t kIndent = 2;

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::Strong:
      return "\x1b[1m";
    case Tone::Dim:
      return "\x1b[2m";
    case Tone::Good:
      return "\x1b[32m";
    case Tone::Bad:
      return "\x1b[31m";
    case Tone::Accent:
      return "\x1b[36m";
    case Tone::Symbols:
    case Tone::Plain:
      break;
  }
  return {};
}

void append_toned(std::string& out, std::string_view text, Tone tone, bool color) {
  const std::string_view escape = color && !text.empty() ? escape_of(tone) : std::string_view{};
  out += escape;
  out += text;
  if (!escape.empty()) out += "\x1b[0m";
}

void append_line(std::string& out, const Line& line, bool color) {
  for (const Piece& piece : line) append_toned(out, piece.text, piece.tone, color);
  while (out.back() == ' ') out.pop_back();
  out += '\n';
}

void append_table(std::string& out, const Table& table, const RenderOptions& options) {
  const TextTable text(table,
                       {.width = options.width, .indent = kIndent, .unicode = options.unicode});
  if (text.rows() == 0) return;
  if (const Line head = text.head(); !head.empty()) append_line(out, head, options.color);
  for (std::size_t r = 0; r < text.rows(); ++r) append_line(out, text.row(r), options.color);
}

std::string escaped(std::string_view text, bool unicode) {
  std::string out;
  unicode ? append_plain(out, text) : append_ascii(out, text);
  return out;
}

/// Breaks between words where the line would grow past the width.
void append_note(std::string& out, const Table& table, const RenderOptions& options) {
  const std::string note = escaped(table.note, options.unicode);
  for (std::string_view rest = note; !rest.empty();) {
    const std::size_t room = options.width > kIndent ? options.width - kIndent : rest.size();
    std::size_t end = rest.size();
    if (columns_of(rest) > room) {
      end = rest.rfind(' ', bytes_of(rest, room));
      if (end == std::string_view::npos || end == 0) end = rest.size();
    }
    out.append(kIndent, ' ');
    append_toned(out, rest.substr(0, end), table.note_tone, options.color);
    out += '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

std::string render_text(const Document& document, const RenderOptions& options) {
  std::string out;
  append_toned(out, document.title, Tone::Strong, options.color);
  if (!document.title.empty()) out += '\n';
  for (const Table& table : document.tables) {
    if (!out.empty()) out += '\n';
    if (!table.title.empty()) {
      append_toned(out, escaped(table.title, options.unicode), Tone::Strong, options.color);
      out += '\n';
    }
    append_note(out, table, options);
    append_table(out, table, options);
  }
  return out;
}

}  // namespace synfin
