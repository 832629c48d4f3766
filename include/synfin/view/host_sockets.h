/// \file
/// HostSocketsReader: this host's sockets and their recent rates, for live views.
/// Tested in tests/live/screen.py.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "synfin/enrich/socket_monitor.h"
#include "synfin/view/view.h"

namespace synfin {

/// Not thread-safe. If the kernel does not answer, there are no sockets.
class HostSocketsReader {
 public:
  using Clock = std::chrono::steady_clock;
  using Wanted = std::function<bool(const SocketInfo&)>;

  /// Reads only the sockets for which `wanted` returns true. `sockets` may be null.
  HostSocketsReader(std::shared_ptr<SocketMonitor> sockets, Wanted wanted);

  /// Returns the sockets as they were less than a second before `now`, with the rates since the
  /// previous list. Valid until the next call. Null if the kernel does not answer.
  const HostSockets* read(Clock::time_point now);

 private:
  using SocketEnds = std::pair<Endpoint, Endpoint>;

  void update(const SocketSnapshot& snapshot);
  void measure(HostSocket& socket, double seconds,
               std::map<SocketEnds, SocketTraffic>& traffic) const;

  std::shared_ptr<SocketMonitor> monitor_;
  Wanted wanted_;
  std::shared_ptr<const SocketSnapshot> snapshot_;  ///< of the latest read()
  HostSockets sockets_;
  std::map<SocketEnds, SocketTraffic> traffic_;  ///< of that snapshot
};

}  // namespace synfin
