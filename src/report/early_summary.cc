// See early_summary.h.
#include "report/early_summary.h"

namespace synfin {

/// An ICMP error does not end an attempt whose SYN is repeated, so the record decides.
EventMask EarlySummary::wanted() {
  EventMask mask = EventMask::only(EventKind::Record);
  for (const EventKind kind :
       {EventKind::Close, EventKind::Reset, EventKind::Refused, EventKind::Aborted,
        EventKind::Unanswered, EventKind::Timeout, EventKind::Reused, EventKind::Evicted})
    mask = mask | EventMask::only(kind);
  return mask;
}

void EarlySummary::add(std::span<const Event> events) {
  static const EventMask kWanted = wanted();
  for (const Event& event : events) {
    if (!kWanted.has(event.kind)) continue;
    const ConnectionRecord& r = event.connection;
    const std::pair key{ConnectionKey::of(r.tuple), r.first};
    if (event.kind == EventKind::Record) {
      if (early_.erase(key) == 0) summary_.add(r);
    } else if (early_.size() < kMaxEarly && early_.insert(key).second) {
      summary_.add(r);
    }
  }
}

}  // namespace synfin
