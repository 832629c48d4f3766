/// \file
/// SocketWatch: reports this host's connections to the connection table: those that were open
/// before the capture began, and those that the kernel has closed without a captured packet.
///
/// SocketMonitor → difference to the previous snapshot → TableRequests. Tested in
/// tests/unit/enrich/socket_watch_test.cc and tests/live/.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "synfin/enrich/socket_monitor.h"
#include "synfin/track/event.h"
#include "synfin/track/table_requests.h"

namespace synfin {

/// Returns the sockets with two known ends as connections, originator → responder. The end that a
/// listener serves is the responder. A loopback connection, which has two sockets, is returned
/// once.
std::vector<FiveTuple> connections_of(const std::vector<SocketInfo>& sockets);

/// Reads a snapshot every ten seconds on a thread of its own.
class SocketWatch {
 public:
  /// True for a connection that the capture can see.
  using Wanted = std::function<bool(const FiveTuple&)>;

  /// Posts the open connections at once, then the changes. `requests` must outlive the watch. Fails
  /// if the kernel does not answer.
  static Result<std::unique_ptr<SocketWatch>> start(std::shared_ptr<SocketMonitor> sockets,
                                                    TableRequests& requests, Wanted wanted);
  ~SocketWatch();

 private:
  SocketWatch(std::shared_ptr<SocketMonitor> sockets, TableRequests& requests, Wanted wanted)
      : sockets_(std::move(sockets)), requests_(requests), wanted_(std::move(wanted)) {}

  bool compare();
  void keep_traffic(const SocketSnapshot& snapshot);
  void run();

  std::shared_ptr<SocketMonitor> sockets_;
  TableRequests& requests_;
  Wanted wanted_;
  std::set<FiveTuple> known_;    ///< of the previous snapshot
  std::set<FiveTuple> initial_;  ///< open since before the start
  bool started_ = false;         ///< initial_ is known
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;
};

/// Fills in the kernel's byte counts of connections whose packets prove none (basis `socket`): of
/// those that are open at the end, and of those that were open before the capture began and have
/// ended, as of at most ten seconds before their end. Used by the output thread.
class SocketCounts {
 public:
  /// `sockets` may be null; nothing is filled in then.
  explicit SocketCounts(std::shared_ptr<SocketMonitor> sockets) : sockets_(std::move(sockets)) {}
  void complete(std::span<Event> events);

 private:
  void complete(ConnectionRecord& record, Timestamp now);
  std::optional<SocketTraffic> traffic_of(const ConnectionRecord& record, const Endpoint& local,
                                          const Endpoint& remote);

  std::shared_ptr<SocketMonitor> sockets_;
};

}  // namespace synfin
