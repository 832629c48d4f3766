/// \file
/// Events for tests of the inventory: attempts of clients on ports, with their outcome.
#pragma once

#include <string_view>

#include "synfin/inventory/inventory.h"

namespace synfin::inventory_test {

inline Timestamp at(double seconds) {
  constexpr std::int64_t kBegin = 1'772'366'400'000'000'000;
  return timestamp_from_ns(kBegin + static_cast<std::int64_t>(seconds * 1e9));
}

struct Attempt {
  double time = 0;  ///< of the answer, or of the last SYN
  const char* server = "198.51.100.7";
  std::uint16_t port = 80;
  const char* client = "192.0.2.1";
};

inline Event event_of(const Attempt& a, EventKind kind, Outcome outcome, std::string_view history) {
  Event event;
  event.kind = kind;
  event.time = at(a.time);
  ConnectionRecord& r = event.connection;
  r.tuple = {{*Address::parse(a.client), 40000}, {*Address::parse(a.server), a.port}};
  r.first = at(a.time - 0.02);
  r.last = at(a.time);
  r.outcome = outcome;
  r.direction_basis = DirectionBasis::Syn;
  r.history.assign(history);
  return event;
}

inline Event opened(const Attempt& a) {
  Event event = event_of(a, EventKind::Open, Outcome::Open, "ShA");
  event.connection.synack_rtt = std::chrono::milliseconds{20};
  return event;
}
inline Event refused(const Attempt& a) {
  return event_of(a, EventKind::Refused, Outcome::Refused, "Sr");
}
/// An RST whose SYN nobody saw.
inline Event forged(const Attempt& a) {
  Event event = refused(a);
  event.connection.direction_basis = DirectionBasis::Port;
  return event;
}
inline Event unreachable(const Attempt& a) {
  Event event = event_of(a, EventKind::Unreachable, Outcome::Unreachable, "S");
  event.connection.icmp_type = 3;
  event.connection.icmp_code = 13;
  return event;
}
/// Four SYNs in 7 s before a.time, reported 130 s later.
inline Event unanswered(const Attempt& a) {
  Event event = event_of(a, EventKind::Record, Outcome::Unanswered, "S");
  event.connection.first = at(a.time - 7);
  event.connection.syn_retries = 3;
  event.time = at(a.time + 130);
  return event;
}
inline Event record(const Attempt& a, Outcome outcome, std::string_view history) {
  return event_of(a, EventKind::Record, outcome, history);
}

}  // namespace synfin::inventory_test
