// See show_filter.h.
#include "synfin/filter/show_filter.h"

namespace synfin {

std::span<const Event> ShowFilter::select(std::span<const Event> events, Annotator& annotator) {
  matched_.clear();
  selected_.clear();
  for (const Event& event : events) {
    const ConnectionRecord& record = event.connection;
    matched_.push_back(expression_.matches(record, annotator.annotate(record)));
    if (matched_.back()) {
      selected_.push_back(event);
    } else if (event.kind == EventKind::Record) {
      ++omitted_;
    }
  }
  return selected_;
}

}  // namespace synfin
