/// \file
/// The open connections of a pair of endpoints, as reported by this host's kernel or, for
/// connections between other hosts, by the tracker.
/// Tested in tests/unit/view/endpoints_view_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "synfin/view/locality.h"
#include "synfin/view/open_traffic.h"
#include "synfin/view/view.h"
#include "view/state_counts.h"

namespace synfin {

/// Originator, responder and the responder's port.
struct EndpointPair {
  Address orig;
  Address resp;
  std::uint16_t port = 0;

  friend auto operator<=>(const EndpointPair&, const EndpointPair&) = default;
};

/// One open connection.
struct LiveConnection {
  Endpoint orig;
  Endpoint resp;
  std::string_view state;
  Timestamp last{};
  Traffic sent;      ///< by the originator
  Traffic received;  ///< by the originator
  Duration idle = kNoDuration;
  bool idle_at_most = false;  ///< `idle` is an upper bound, because data packets are not captured
  Duration rtt = kNoDuration;

  /// `inbound`: the responder is local, and `state` is that of its end.
  static LiveConnection of(const OpenConnection& open, bool inbound, const OpenTraffic& all,
                           Timestamp now);
  static LiveConnection of(const HostSocket& socket, bool inbound, Timestamp now);
};

/// The sums over the open connections of a pair.
struct LiveTotals {
  Traffic sent;
  Traffic received;
  Duration idle = kNoDuration;  ///< the shortest
  bool idle_at_most = false;
  Duration rtt = kNoDuration;  ///< the shortest

  void add(const LiveConnection& one);
};

}  // namespace synfin
