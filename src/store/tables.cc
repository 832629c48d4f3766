// See tables.h.
#include "store/tables.h"

namespace synfin {

std::string_view to_string(StoreTable table) {
  constexpr std::array<std::string_view, kStoreTables> kNames{
      "connections", "open_connections", "changes", "counters", "gaps", "runs"};
  return kNames[static_cast<std::size_t>(table)];
}

std::vector<StoreColumn> columns_of(StoreTable table) {
  ColumnTypes types;
  const RowOrigin origin;
  const CaptureInfo capture;
  switch (table) {
    case StoreTable::Connections:
      return connection_columns();
    case StoreTable::OpenConnections:
      visit_columns(types, origin, OpenRow{ConnectionRecord{}, Annotations{}});
      break;
    case StoreTable::Changes:
      visit_columns(types, origin, Change{});
      break;
    case StoreTable::Counters:
      visit_columns(types, origin, CounterRow{});
      break;
    case StoreTable::Gaps:
      visit_columns(types, origin, GapRow{});
      break;
    case StoreTable::Runs:
      visit_columns(types, origin, RunRow{.capture = capture});
      break;
  }
  return std::move(types.columns);
}

}  // namespace synfin
