// Document → text for a terminal or a file, laid out by TextTable.
//
// Tested in tests/unit/report/text_test.cc.
#include <algorithm>
#include <utility>

#include "synfin/report/document.h"
#include "synfin/report/text_table.h"
#include "synfin/report/wrap_words.h"

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

/// True for a list of names and values, which have no heads.
bool is_properties(const Table& table) {
  return table.columns.size() == 2 && table.columns[0].title.empty() &&
         table.columns[1].title.empty() && table.columns[1].align == Align::Left;
}

std::size_t natural_width(const Table& table, const RenderOptions& options) {
  return TextTable(table, {.width = 0, .indent = kIndent, .unicode = options.unicode}).width();
}

/// Appends names and values, of which long ones continue on the next line. If the names leave too
/// little width, each value begins below its name.
void append_properties(std::vector<Line>& lines, const Table& table, const RenderOptions& options) {
  constexpr std::size_t kGap = 2, kMinRoom = 20;
  std::size_t names = 0;
  for (const auto& row : table.rows)
    names = std::max(names, columns_of(shown_text(row[0].text, options.unicode)));
  const std::size_t beside = kIndent + names + kGap;
  const bool below = options.width < beside + kMinRoom;
  const std::size_t at = below ? 2 * kIndent : beside;
  for (const auto& row : table.rows) {
    Line line{{std::string(kIndent, ' '), Tone::Plain},
              {shown_text(row[0].text, options.unicode), row[0].tone}};
    std::size_t used = kIndent + columns_of(line.back().text);
    const std::string value = row.size() > 1 ? shown_text(row[1].text, options.unicode) : "";
    if (below && used + kGap + columns_of(value) > options.width) {
      lines.push_back(std::exchange(line, {}));
      used = 0;
    } else if (below) {
      line.push_back({std::string(kGap, ' '), Tone::Plain});
      line.push_back({value, row.size() > 1 ? row[1].tone : Tone::Plain});
      lines.push_back(std::move(line));
      continue;
    }
    for (std::string& part : wrap_words(value, options.width - std::min(options.width - 1, at))) {
      line.push_back({std::string(at - std::min(at, used), ' '), Tone::Plain});
      line.push_back({std::move(part), row.size() > 1 ? row[1].tone : Tone::Plain});
      lines.push_back(std::exchange(line, {}));
      used = 0;
    }
  }
}

void append_table(std::vector<Line>& lines, const Table& table, const RenderOptions& options) {
  const TextTable text(table, {.width = options.width,
                               .indent = kIndent,
                               .unicode = options.unicode,
                               .clips = options.clips});
  if (text.rows() == 0) return;
  if (is_properties(table) && options.width != 0 && natural_width(table, options) > options.width)
    return append_properties(lines, table, options);
  if (Line head = text.head(); !head.empty()) lines.push_back(std::move(head));
  for (std::size_t r = 0; r < text.rows(); ++r) lines.push_back(text.row(r));
}

/// Appends `text`, broken between words to fit the width.
void append_wrapped(std::vector<Line>& lines, const std::string& text, Tone tone,
                    std::size_t indent, const RenderOptions& options) {
  if (text.empty()) return;
  const std::string safe = shown_text(text, options.unicode);
  const std::size_t room = options.width > indent ? options.width - indent : columns_of(safe);
  for (std::string& part : wrap_words(safe, std::max<std::size_t>(1, room)))
    lines.push_back({{std::string(indent, ' '), Tone::Plain}, {std::move(part), tone}});
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
