// Helpers for the tables of all views. See view.h and select_rows.h.
#include "synfin/view/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "view/select_rows.h"

namespace synfin {

void mark_sort(Table& table, const ViewRequest& request, const SortColumns& columns) {
  table.sort_keys = columns.keys;
  table.sort_descending = columns.descending != request.reversed;
}

void keep_requested_columns(Table& table, const ViewRequest& request) {
  const RequestedColumns& requested = request.requested;
  constexpr std::size_t kMinWide = 120, kLegible = 18;
  for (Column& column : table.columns) {
    const std::string_view key = column.key;
    const bool kept = (requested.names && key.ends_with("name") && key != "port_name") ||
                      (requested.processes && (key == "process" || key == "pid" || key == "exe")) ||
                      (requested.command_lines && key == "cmdline") ||
                      (requested.geo && (key == "country" || key == "network"));
    if (!kept) continue;
    column.rank = 0;
    // On wide terminals, columns that no option requested are left out before others shrink.
    if (request.width >= kMinWide && column.shrinks)
      column.min_width = std::max(column.min_width, kLegible);
  }
}

Cell port_cell(std::uint16_t port, Lookup& lookup) {
  const std::string number = std::to_string(port);
  const std::string_view name = lookup.port_name(port);
  return {name.empty() ? number : fmt::format("{} {}", number, name), number};
}

std::array<Cell, 3> about_cells(const EndpointAnnotations& about) {
  std::string network{about.as_org};
  if (about.asn != 0)
    network = fmt::format("AS{}{}{}", about.asn, network.empty() ? "" : " ", network);
  return {host_name_cell(about), text_cell(about.country), text_cell(network)};
}

std::string moment_text(Timestamp t, Zone zone) {
  return format_date(t, zone) + ' ' + format_time_of_day(t, zone).substr(0, 8);
}

Cell when_cell(Timestamp t, const ViewRequest& request) {
  const bool today = format_date(t, request.zone) == format_date(request.now, request.zone);
  return {today ? format_time_of_day(t, request.zone).substr(0, 8) : moment_text(t, request.zone),
          format_rfc3339(t)};
}

bool holds_text(std::string& text, std::string_view wanted) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text.find(wanted) != text.npos;
}

void append_address(std::string& out, const Address& address) {
  char text[Address::kMaxText];
  out.append(text, address.format_to(text));
  out += ' ';
}

}  // namespace synfin
