// See timeline.h.
#include "report/timeline.h"

namespace synfin {

Duration timeline_width(Timestamp first, Timestamp last) {
  std::int64_t width = narrowest_bucket();
  while (floor_divide(to_ns(last), width) - floor_divide(to_ns(first), width) >=
         static_cast<std::int64_t>(TimelineCounter::kBuckets))
    width = wider_bucket(width);
  return Duration{width};
}

Timeline TimelineCounter::timeline() const {
  Timeline t;
  if (series_.used().empty()) return t;
  t.start = series_.start();
  t.width = series_.width();
  t.buckets.assign(series_.used().begin(), series_.used().end());
  return t;
}

}  // namespace synfin
