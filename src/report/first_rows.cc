// first_rows(): the first rows of each table, for reports whose size is bounded. See document.h and
// summary_data.h.
#include <fmt/format.h>

#include "synfin/base/utf8.h"
#include "synfin/report/document.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// Longer texts of a cell are cut, because fewer rows do not bound the size of one cell.
constexpr std::size_t kMaxCellBytes = 8192;

/// Returns how many rows it removed.
template <typename Row>
std::size_t cut(std::vector<Row>& rows, std::size_t most) {
  const std::size_t before = rows.size();
  if (before > most) rows.resize(most);
  return before - rows.size();
}

void cut_cell(Cell& cell) {
  for (std::string* text : {&cell.text, &cell.raw}) {
    if (text->size() <= kMaxCellBytes) continue;
    text->resize(clip_utf8(*text, kMaxCellBytes).size());
    *text += "…";
  }
}

}  // namespace

void keep_rows(Table& table, std::size_t rows) {
  const std::string before = fmt::format("({} of ", with_separators(table.rows.size()));
  const std::string now = fmt::format("({} of ", with_separators(rows));
  if (const std::size_t at = table.title.find(before); at != table.title.npos) {
    table.title.replace(at, before.size(), now);
  } else if (!table.title.empty()) {
    table.title += fmt::format(" {}{})", now, with_separators(table.rows.size()));
  }
  table.rows.resize(rows);
}

std::vector<Table> first_rows(const std::vector<Table>* tables, std::size_t rows) {
  std::vector<Table> first;
  if (tables == nullptr) return first;
  for (const Table& table : *tables) {
    first.push_back(table);
    if (table.rows.size() > rows) keep_rows(first.back(), rows);
    for (auto& row : first.back().rows) {
      for (Cell& cell : row) cut_cell(cell);
    }
  }
  return first;
}

SummaryData first_rows(const SummaryData& data, std::size_t rows) {
  SummaryData d = data;
  if (rows == 0) return d;
  cut(d.services.rows, rows);
  cut(d.edges.rows, rows);
  cut(d.hosts.rows, rows);
  cut(d.failing.rows, rows);
  cut(d.failures.rows, rows);
  d.hangups.closers_left_out += cut(d.hangups.closers, rows);
  d.handshakes.services_left_out += cut(d.handshakes.services, rows);
  d.handshakes.networks_left_out += cut(d.handshakes.networks, rows);
  cut(d.scanners.rows, rows);
  cut(d.floods.rows, rows);
  cut(d.countries.rows, rows);
  cut(d.networks.rows, rows);
  cut(d.longest.rows, rows);
  cut(d.largest.rows, rows);
  return d;
}

}  // namespace synfin
