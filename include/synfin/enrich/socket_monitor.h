/// \file
/// SocketMonitor: the only reader of this host's socket table (sock_diag), shared by the live
/// views, the connection watch and the process look-up.
///
/// One schedule: snapshot(max_age) returns the latest list if it is young enough and otherwise
/// reads a new one, so that several consumers cause one list per second, not one each. find() and
/// find_listener() answer for a single socket at once; a list would come too late for the
/// processes of short connections. Tested in tests/unit/enrich/socket_monitor_test.cc.
///
///     auto monitor = SocketMonitor::open();
///     if (const auto snapshot = (*monitor)->snapshot(std::chrono::seconds{1})) {
///       for (const SocketInfo& socket : snapshot->sockets) …
///     }
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/enrich/socket_table.h"

namespace synfin {

/// All TCP sockets of one network namespace at one moment. Immutable.
struct SocketSnapshot {
  std::uint64_t number = 0;  ///< counts the lists of a monitor, from 1
  Timestamp time{};          ///< of the wall clock
  std::chrono::steady_clock::time_point steady_time{};
  std::vector<SocketInfo> sockets;  ///< in the kernel's order, all states
};

/// The byte counts of connections that were open before the capture began, as the kernel gave them
/// last. Their packets prove none, and the kernel forgets a connection when it ends. Any thread.
class KeptTraffic {
 public:
  using Key = std::pair<Endpoint, Endpoint>;  ///< the local end and the remote one

  /// Replaces the counts. Those of the previous call are kept until the next one, for connections
  /// that have ended since.
  void keep(std::map<Key, SocketTraffic> counts);
  std::optional<SocketTraffic> find(const Endpoint& local, const Endpoint& remote) const;

 private:
  mutable std::mutex mutex_;
  std::map<Key, SocketTraffic> latest_;
  std::map<Key, SocketTraffic> previous_;
};

/// Any thread may call any function. A call may block while the kernel answers, about a millisecond
/// for a thousand sockets, so the packet thread must not use it.
class SocketMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  /// Reads the sockets of the calling thread's network namespace. Fails if the kernel does not
  /// support sock_diag.
  static Result<std::shared_ptr<SocketMonitor>> open();

  /// Returns the latest snapshot if it is younger than `max_age` at `now`, else reads a new one.
  /// Null if the kernel does not answer; the next call tries again.
  std::shared_ptr<const SocketSnapshot> snapshot(Duration max_age,
                                                 Clock::time_point now = Clock::now());

  /// As those of SocketTable. Nothing if the kernel does not answer.
  std::optional<SocketInfo> find(const Endpoint& local, const Endpoint& remote);
  std::optional<SocketInfo> find_listener(const Endpoint& local);

  /// SocketWatch fills it.
  KeptTraffic& kept_traffic() { return kept_traffic_; }

 private:
  SocketMonitor(SocketTable lists, SocketTable single)
      : lists_(std::move(lists)), single_(std::move(single)) {}

  std::mutex lists_mutex_;
  SocketTable lists_;
  std::shared_ptr<const SocketSnapshot> latest_;
  /// A separate mutex, so that a long list does not delay single look-ups.
  std::mutex single_mutex_;
  SocketTable single_;
  KeptTraffic kept_traffic_;
};

}  // namespace synfin
