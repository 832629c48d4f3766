/// \file
/// Connections that pass through their states, and a Lookup without names, for tests of views.
#pragma once

#include <string_view>

#include "synfin/enrich/annotations.h"
#include "synfin/track/event.h"
#include "synfin/view/open_connections.h"
#include "synfin/view/view.h"

namespace synfin::view_samples {

/// 2026-03-01 12:00 UTC.
inline constexpr Timestamp kNoon = timestamp_from_ns(1'772'366'400'000'000'000);

inline Endpoint endpoint(std::string_view address, std::uint16_t port) {
  return {Address::parse(address).value(), port};
}

class NoNames : public Lookup {
 public:
  EndpointAnnotations about(const Address&) override { return {}; }
  std::string_view port_name(std::uint16_t) override { return {}; }
};

/// One connection; each call of event() is a millisecond after the one before.
struct SampleConnection {
  Event last;

  SampleConnection(const Endpoint& orig, const Endpoint& resp) {
    last.connection.tuple = {orig, resp};
    last.connection.first = last.connection.last = last.time = kNoon;
  }
  const Event& event(EventKind kind, Outcome outcome) {
    last.kind = kind;
    last.time += std::chrono::milliseconds{1};
    last.connection.last = last.time;
    last.connection.outcome = outcome;
    return last;
  }
};

}  // namespace synfin::view_samples
