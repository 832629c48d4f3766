/// \file
/// Numbers of connections per TCP state, from packets (phases) and from this host's kernel.
///
/// Every view takes states from here: the kernel's states for connections of this host in a live
/// capture, phases for all others. Tested in tests/unit/view/endpoints_view_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/view/open_connections.h"
#include "synfin/view/view.h"

namespace synfin {

/// Numbers of connections in each phase.
using PhaseCounts = std::array<std::uint32_t, kPhases>;

/// Moves a connection from its phase before `change` to the one after, as seen from the
/// originator's end or, unless `at_orig`, the responder's.
void count_phase(PhaseCounts& counts, const ConnectionChange& change, bool at_orig);
/// The number of open connections (is_alive()).
std::uint64_t open_of(const PhaseCounts& counts);
/// "ESTABLISHED 2, TIME_WAIT 1", without CLOSED.
std::string states_text(const PhaseCounts& counts);

/// Numbers of sockets in each of the kernel's states.
struct SocketStateCounts {
  static constexpr std::size_t kStates = 13;
  std::array<std::uint32_t, kStates> of{};

  void add(SocketState state) { ++of[static_cast<std::size_t>(state) % kStates]; }
  /// The number of sockets that are open: neither in TIME_WAIT nor closed.
  std::uint64_t open() const;
};
/// "ESTABLISHED 2, CLOSE_WAIT 1".
std::string states_text(const SocketStateCounts& counts);
/// Returns the kernel's states if they have as many open connections as the packets show. Otherwise
/// the kernel also lists sockets from before the start, or has dropped one whose SYN may still be
/// answered. Then it returns the packets' states and the kernel's TIME_WAIT, so that states and
/// counts agree.
std::string states_text(const PhaseCounts& packets, const SocketStateCounts& kernel);

/// The sockets of `host` that represent a connection: no listening ones, and one of the two sockets
/// of a connection within this host (the originator's, if `is_inbound(socket)` is false for it).
template <typename IsInbound>
std::vector<const HostSocket*> connection_sockets(const HostSockets& host, IsInbound is_inbound) {
  std::vector<const HostSocket*> sockets;
  std::set<std::pair<Endpoint, Endpoint>> outbound;
  for (const HostSocket& s : host.sockets) {
    if (s.listening() || s.remote.port == 0) continue;
    if (!is_inbound(s)) outbound.emplace(s.local, s.remote);
  }
  for (const HostSocket& s : host.sockets) {
    if (s.listening() || s.remote.port == 0) continue;
    // The originator's end of the same connection counts, if the kernel still lists it.
    if (is_inbound(s) && outbound.count({s.remote, s.local}) != 0) continue;
    sockets.push_back(&s);
  }
  return sockets;
}

/// Appends one state to "ESTABLISHED 2, CLOSED 7"; omits a state with `n` = 0.
void append_count(std::string& out, std::string_view state, std::uint64_t n);

}  // namespace synfin
