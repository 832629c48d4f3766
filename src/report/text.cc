// Document → text for a terminal or a file, laid out by TextTable.
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
      return "\x1b[35m";  // cyan is hard to read on white
    case Tone::Listening:
      return "\x1b[33m";
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
  const std::size_t begin = out.size();
  for (const Piece& piece : line) append_toned(out, piece.text, piece.tone, color);
  while (out.size() > begin && out.back() == ' ') out.pop_back();
  out += '\n';
}

void append_table(std::vector<Line>& lines, const Table& table, const RenderOptions& options) {
  const TextTable text(table,
                       {.width = options.width, .indent = kIndent, .unicode = options.unicode});
  if (text.rows() == 0) return;
  if (Line head = text.head(); !head.empty()) lines.push_back(std::move(head));
  for (std::size_t r = 0; r < text.rows(); ++r) lines.push_back(text.row(r));
}

std::string escaped(std::string_view text, bool unicode) {
  std::string out;
  unicode ? append_plain(out, text) : append_ascii(out, text);
  return out;
}

/// Appends `text`, broken between words to fit the width.
void append_wrapped(std::vector<Line>& lines, const std::string& text, Tone tone,
                    std::size_t indent, const RenderOptions& options) {
  const std::string safe = escaped(text, options.unicode);
  for (std::string_view rest = safe; !rest.empty();) {
    const std::size_t room = options.width > indent ? options.width - indent : rest.size();
    std::size_t end = rest.size();
    if (columns_of(rest) > room) {
      end = rest.rfind(' ', bytes_of(rest, room));
      if (end == std::string_view::npos || end == 0) end = rest.size();
    }
    lines.push_back(
        {{std::string(indent, ' '), Tone::Plain}, {std::string{rest.substr(0, end)}, tone}});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

std::vector<Line> lines_of(const Document& document, const RenderOptions& options) {
  std::vector<Line> lines;
  const auto add_title = [&](const std::string& title) {
    append_wrapped(lines, title, Tone::Strong, 0, options);
  };
  add_title(document.title);
  for (const Table& table : document.tables) {
    if (!lines.empty()) lines.emplace_back();
    add_title(table.title);
    append_wrapped(lines, table.note, table.note_tone, kIndent, options);
    append_table(lines, table, options);
  }
  return lines;
}

std::string render_text(const Document& document, const RenderOptions& options) {
  std::string out;
  for (const Line& line : lines_of(document, options)) append_line(out, line, options.color);
  return out;
}

}  // namespace synfin
