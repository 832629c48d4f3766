// See timeline.h.
#include "report/timeline.h"

namespace synfin {

Timeline TimelineCounter::timeline() const {
  Timeline t;
  if (series_.used().empty()) return t;
  t.start = series_.start();
  t.width = series_.width();
  t.buckets.assign(series_.used().begin(), series_.used().end());
  return t;
}

}  // namespace synfin
