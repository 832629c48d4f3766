/// \file
/// Events for tests of sinks.
#pragma once

#include <cstdint>
#include <vector>

#include "synfin/enrich/event_sink.h"

namespace synfin::test {

/// 192.0.2.1:`port` → 198.51.100.7:443, closed after a second.
inline Event event_of(EventKind kind, std::uint16_t port = 40000) {
  Event event;
  event.kind = kind;
  event.time = timestamp_from_ns(1'772'366'400'000'000'000);
  ConnectionRecord& r = event.connection;
  r.tuple = {{Address::from_v4(0xC0000201), port}, {Address::from_v4(0xC6336407), 443}};
  r.first = event.time;
  r.last = event.time + std::chrono::seconds{1};
  r.outcome = Outcome::Closed;
  r.state = ConnState::SF;
  return event;
}

/// Views of `events`, all with the same annotations. Both must outlive the result.
inline std::vector<AnnotatedEvent> annotated(const std::vector<Event>& events,
                                             const Annotations& about) {
  std::vector<AnnotatedEvent> views;
  for (const Event& event : events) views.push_back({event, about});
  return views;
}

}  // namespace synfin::test
