/// \file
/// UdpSockets: the UDP sockets of this host, for --view netstat. UDP packets are not tracked, so
/// the kernel is the only source: a socket that lives for less than a second may be missed.
///
///     sock_diag(7), once a second → sockets that are new → NetstatView
///
/// Tested in tests/unit/view/udp_sockets_test.cc and tests/live/processes.py.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "synfin/enrich/socket_table.h"
#include "synfin/view/netstat_view.h"

namespace synfin {

/// Not thread-safe. Memory: 48 bytes for each socket, kMaxSockets at most.
class UdpSockets {
 public:
  using Clock = std::chrono::steady_clock;
  /// Returns the owner of a socket, or nullopt to leave the socket out.
  using Owner = std::function<std::optional<EndpointAnnotations>(const SocketInfo&)>;

  static constexpr std::size_t kMaxSockets = 100'000;

  /// Reads the sockets of the calling thread's network namespace. Without sock_diag it lists
  /// nothing.
  UdpSockets();

  /// Lists the sockets that are new, or have another peer, since the previous list. Reads the
  /// kernel's table at most once a second by `now`; `time` is the wall-clock time of the new rows.
  void list_new(NetstatView& netstat, Clock::time_point now, Timestamp time, const Owner& owner);

 private:
  using Known = std::pair<std::uint64_t, Endpoint>;  ///< cookie and remote end

  std::optional<SocketTable> table_;
  bool reported_ = false;  ///< that there are more than kMaxSockets
  std::set<Known> known_;  ///< of the previous list
  std::optional<Clock::time_point> read_at_;
};

}  // namespace synfin
