// See top_connections.h.
#include "report/top_connections.h"

#include <algorithm>

#include "synfin/stats/keep_best.h"

namespace synfin {

bool TopConnections::before(const ValuedRow& a, const ValuedRow& b) {
  if (a.value != b.value) return a.value > b.value;
  if (a.row.first != b.row.first) return a.row.first < b.row.first;
  return a.row.tuple < b.row.tuple;
}

void TopConnections::offer(std::uint64_t value, const ConnectionRecord& r) {
  const ValuedRow item{value, ConnectionRow{r.tuple, r.first, r.duration(), r.orig.bytes,
                                            r.resp.bytes, r.state, r.outcome}};
  keep_best(heap_, size_, item, before);
}

Ranked<ConnectionRow> TopConnections::ranked(std::size_t top) const {
  std::vector<ValuedRow> items = heap_;
  std::sort(items.begin(), items.end(), before);
  if (top != 0 && items.size() > top) items.resize(top);
  Ranked<ConnectionRow> ranked{{}, offered_};
  for (const ValuedRow& item : items) ranked.rows.push_back(item.row);
  return ranked;
}

}  // namespace synfin
