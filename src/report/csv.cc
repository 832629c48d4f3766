// Document → CSV as one table with a line for each cell, so that all sections have the same
// columns:
//
//   section,row,field,value        services,1,ip,192.0.2.1
//
// Rows are numbered from 1 within their section; row 0 holds the section's note. Values are raw:
// bytes, seconds, RFC 3339 times, shares as fractions of 1. An unknown value is empty.
// Spec: RFC 4180. Tested in tests/unit/report/pages_test.cc.
#include "synfin/base/escape.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

void append_line(std::string& out, std::string_view section, std::size_t row,
                 std::string_view field, std::string_view value) {
  append_csv(out, section);
  out += ',';
  out += std::to_string(row);
  out += ',';
  append_csv(out, field);
  out += ',';
  append_csv(out, value);
  out += "\r\n";
}

/// True for a bar, which repeats the number beside it.
bool is_picture(const Column& column) { return column.key == "bar"; }

void append_table(std::string& out, const Table& table) {
  if (!table.note.empty()) append_line(out, table.key, 0, "note", table.note);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (is_picture(table.columns[c])) continue;
      append_line(out, table.key, r + 1, table.columns[c].key, table.rows[r][c].raw);
    }
  }
}

}  // namespace

std::string render_csv(const Document& document) {
  std::string out = "section,row,field,value\r\n";
  for (const Table& table : document.tables) append_table(out, table);
  return out;
}

}  // namespace synfin
