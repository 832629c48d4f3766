// See columns.h.
#include "store/columns.h"

namespace synfin {

std::string tunnel_text(const Encapsulation& e) {
  if (e.tunnel == TunnelKind::None) return {};
  std::string text(to_string(e.tunnel));
  if (e.tunnel_id != 0) text += ":" + std::to_string(e.tunnel_id);
  return text;
}

std::vector<StoreColumn> connection_columns() {
  ColumnTypes types;
  visit_columns(types, RowOrigin{}, ConnectionRecord{}, Annotations{});
  return std::move(types.columns);
}

}  // namespace synfin
