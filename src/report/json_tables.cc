// Tables of views → JSON. See document.h.
#include <charconv>
#include <cmath>
#include <optional>

#include "synfin/report/document.h"

namespace synfin {
namespace {

/// The value of a cell in a column of numbers, if it parses as one.
std::optional<double> number_of(const Column& column, const std::string& raw) {
  double value = 0;
  const auto parsed = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  const bool all = parsed.ec == std::errc{} && parsed.ptr == raw.data() + raw.size();
  const bool is_number = column.is_number || column.align == Align::Right;
  return all && is_number && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

constexpr double kEndOfIntegers = 18446744073709551616.0;  ///< 2^64

void append_cell(JsonWriter& json, const Column& column, const Cell& cell) {
  if (cell.raw.empty()) return;
  json.key(column.key);
  const auto number = number_of(column, cell.raw);
  if (!number) {
    json.value(std::string_view{cell.raw});
  } else if (cell.raw.find('.') == cell.raw.npos && *number >= 0 && *number < kEndOfIntegers) {
    json.value(static_cast<std::uint64_t>(*number));
  } else {
    json.value(*number);
  }
}

}  // namespace

void append_json_table(JsonWriter& json, const Table& table) {
  json.key(table.key).begin_array(JsonWriter::Layout::Lines);
  for (const auto& row : table.rows) {
    json.begin_object();
    for (std::size_t c = 0; c < row.size(); ++c) append_cell(json, table.columns[c], row[c]);
    json.end_object();
  }
  json.end_array();
}

}  // namespace synfin
