// Document → Markdown with GitHub's tables. Text is escaped three times: as a plain line, for
// Markdown, and for the HTML that Markdown passes through.
// Spec: https://github.github.com/gfm/. Tested in tests/unit/report/pages_test.cc.
#include <algorithm>
#include <string_view>

#include "synfin/base/escape.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

/// True if the character at `at` makes its word a link (GFM §6.9): that of "http:" or "www.".
bool becomes_link(std::string_view text, std::size_t at) {
  if (text[at] == ':') return text.substr(at).starts_with("://");
  if (text[at] != '.' || at < 3) return false;
  const std::string_view word = text.substr(at - 3, 3);
  return std::all_of(word.begin(), word.end(), [](char c) { return c == 'w' || c == 'W'; });
}

void append_markdown(std::string& out, std::string_view text) {
  std::string plain;
  append_plain(plain, text);
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const char c = plain[at];
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      const bool special =
          std::string_view{"\\`*_{}[]()#+!|~>@$"}.find(c) != std::string_view::npos;
      if (special || becomes_link(plain, at)) out += '\\';
      out += c;
    }
  }
}

/// Markdown requires a head for every table; without column titles it is empty.
void append_head(std::string& out, const Table& table) {
  out += '|';
  for (const Column& c : table.columns) {
    out += ' ';
    append_markdown(out, c.title);
    out += " |";
  }
  out += "\n|";
  for (const Column& c : table.columns) out += c.align == Align::Right ? " ---: |" : " --- |";
  out += '\n';
}

void append_row(std::string& out, const std::vector<Cell>& row) {
  out += '|';
  for (const Cell& cell : row) {
    out += ' ';
    append_markdown(out, cell.text);
    out += " |";
  }
  out += '\n';
}

void append_table(std::string& out, const Table& table) {
  out += '\n';
  if (!table.title.empty()) {
    out += "## ";
    append_markdown(out, table.title);
    out += "\n\n";
  }
  if (!table.note.empty()) {
    append_markdown(out, table.note);
    out += "\n";
  }
  if (table.rows.empty()) return;
  if (!table.note.empty()) out += '\n';
  append_head(out, table);
  for (const auto& row : table.rows) append_row(out, row);
}

}  // namespace

std::string render_markdown(const Document& document) {
  std::string out = "# ";
  append_markdown(out, document.title);
  out += '\n';
  for (const Table& table : document.tables) append_table(out, table);
  return out;
}

}  // namespace synfin
