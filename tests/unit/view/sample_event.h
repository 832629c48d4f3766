/// \file
/// An event of a connection, for the tests of event lines and causes.
#pragma once

#include "synfin/track/event.h"

namespace synfin::view_test {

/// 2026-03-01 14:30:16.123456 UTC.
inline constexpr Timestamp kFirstEvent = timestamp_from_ns(1772375416'123456000);

/// An event `age` after the first packet of the default connection as modified by `change`.
template <typename ConnectionChange>
Event event_of(EventKind kind, Duration age, ConnectionChange change) {
  Event event;
  event.kind = kind;
  event.time = kFirstEvent + age;
  ConnectionRecord& r = event.connection;
  r.tuple = {{Address::from_v4(0xC0000207), 51234}, {Address::from_v4(0xC6336409), 443}};
  r.first = kFirstEvent;
  r.last = event.time;
  r.state = ConnState::S0;
  change(event, r);
  return event;
}

inline Event event_of(EventKind kind, Duration age = {}) {
  return event_of(kind, age, [](Event&, ConnectionRecord&) {});
}

}  // namespace synfin::view_test
