// Document → one self-contained HTML page without scripts, fonts and images, for light and dark
// displays. The HTML report is larger, see page.h. Tested in tests/unit/report/pages_test.cc.
#include <algorithm>

#include "synfin/base/escape.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

constexpr std::string_view kHead =
    R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
)";

constexpr std::string_view kStyle =
    R"(<style>
:root { color-scheme: light dark; --text: #1c2024; --page: #fff; --dim: #6a7178; --line: #dde1e5;
  --good: #1a7f37; --bad: #b42318; --listening: #8a6100; }
@media (prefers-color-scheme: dark) { :root { --text: #dfe3e7; --page: #16191c; --dim: #8d959d;
  --line: #30363c; --good: #56c271; --bad: #ff7b6e; --listening: #d9a93a; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
p { margin: .2rem 0 .5rem; color: var(--dim); }
section { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; white-space: pre;
  font: 13px/1.5 ui-monospace, monospace; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: normal; }
.right { text-align: right; } .strong { font-weight: bold; }
.dim { color: var(--dim); } .good { color: var(--good); } .bad { color: var(--bad); } .listening { color: var(--listening); }
</style>
)";

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::Strong:
      return "strong";
    case Tone::Dim:
      return "dim";
    case Tone::Good:
      return "good";
    case Tone::Bad:
      return "bad";
    case Tone::Listening:
      return "listening";
    case Tone::Accent:
    case Tone::Symbols:
    case Tone::Plain:
      break;
  }
  return {};
}

void append_element(std::string& out, std::string_view tag, std::string_view classes,
                    std::string_view text) {
  out += '<';
  out += tag;
  if (!classes.empty()) {
    out += " class=\"";
    out += classes;
    out += '"';
  }
  out += '>';
  append_html(out, text);
  out += "</";
  out += tag;
  out += '>';
}

std::string classes_of(const Column& column, Tone tone) {
  std::string classes{class_of(tone)};
  if (column.align == Align::Right) classes += classes.empty() ? "right" : " right";
  return classes;
}

void append_head(std::string& out, const Table& table) {
  const auto titled = [](const Column& c) { return !c.title.empty(); };
  if (std::none_of(table.columns.begin(), table.columns.end(), titled)) return;
  out += "<thead><tr>";
  for (const Column& c : table.columns)
    append_element(out, "th", classes_of(c, Tone::Plain), c.title);
  out += "</tr></thead>\n";
}

void append_rows(std::string& out, const Table& table) {
  out += "<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      append_element(out, "td", classes_of(table.columns[c], row[c].tone), row[c].text);
    }
    out += "</tr>\n";
  }
  out += "</tbody>\n";
}

void append_section(std::string& out, const Table& table) {
  out += "<section id=\"";
  out += table.key;
  out += "\">\n";
  if (!table.title.empty()) append_element(out, "h2", "", table.title);
  if (!table.note.empty()) append_element(out, "p", class_of(table.note_tone), table.note);
  if (!table.rows.empty()) {
    out += "\n<table>\n";
    append_head(out, table);
    append_rows(out, table);
    out += "</table>";
  }
  out += "\n</section>\n";
}

}  // namespace

std::string render_html_tables(const Document& document) {
  std::string out;
  append_element(out, "h1", "", document.title);
  out += '\n';
  for (const Table& table : document.tables) append_section(out, table);
  return out;
}

std::string render_html(const Document& document) {
  std::string out{kHead};
  append_element(out, "title", "", document.title);
  out += '\n';
  out += kStyle;
  out += "</head>\n<body>\n";
  out += render_html_tables(document);
  out += "</body>\n</html>\n";
  return out;
}

}  // namespace synfin
