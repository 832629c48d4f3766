/// \file
/// HostSocketsReader: the kernel's sockets of this host, with their rates of late, for live views.
/// Tested in tests/live/screen.py.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "synfin/enrich/socket_table.h"
#include "synfin/view/view.h"

namespace synfin {

/// Not thread-safe. Where the kernel does not answer, there are no sockets.
class HostSocketsReader {
 public:
  using Clock = std::chrono::steady_clock;

  using Wanted = std::function<bool(const SocketInfo&)>;

  /// Only the sockets that `wanted` passes are told.
  explicit HostSocketsReader(Wanted wanted);

  /// The sockets as they were less than a second ago. Costs about a millisecond for each thousand
  /// when it asks again. Valid until the next call. Null where nobody answers.
  const HostSockets* read(Clock::time_point now);

 private:
  using Ends = std::pair<Endpoint, Endpoint>;

  void ask(Clock::time_point now);
  void measure(HostSocket& socket, double seconds, std::map<Ends, SocketTraffic>& known) const;

  Wanted wanted_;
  std::optional<SocketTable> table_;
  HostSockets sockets_;
  std::map<Ends, SocketTraffic> known_;  ///< traffic when they were last asked for
  std::optional<Clock::time_point> asked_;
};

}  // namespace synfin
