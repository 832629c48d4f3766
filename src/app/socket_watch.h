/// \file
/// SocketWatch: tells the table what this host's kernel knows of its connections: which were open
/// before the capture, and which are gone though no packet said so.
///
/// sock_diag → difference to the list before → TableRequests. Tested in
/// tests/unit/app/socket_watch_test.cc and tests/live/.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "app/table_requests.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/track/event.h"

namespace synfin {

/// Lists with both ends known, as connections: originator → responder. The end whose address and
/// port a listener serves is the responder; a loopback connection, whose ends both are here, comes
/// once.
std::vector<FiveTuple> connections_of(const std::vector<SocketInfo>& sockets);

/// Has a thread of its own, which asks the kernel every few seconds.
class SocketWatch {
 public:
  /// Which connections the capture would see.
  using Wanted = std::function<bool(const FiveTuple&)>;

  /// Asks once, and goes on asking until it ends. `requests` must outlive it. Fails where the
  /// kernel does not answer.
  static Result<std::unique_ptr<SocketWatch>> start(TableRequests& requests, Wanted wanted);
  ~SocketWatch();

 private:
  SocketWatch(SocketTable table, TableRequests& requests, Wanted wanted)
      : table_(std::move(table)), requests_(requests), wanted_(std::move(wanted)) {}

  Status ask();
  void run();

  SocketTable table_;
  TableRequests& requests_;
  Wanted wanted_;
  std::set<FiveTuple> known_;  ///< of the list before
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

/// Puts the kernel's byte counts into the records of connections that are open at the end and of
/// which no packet proves any (basis `socket`). Used on the output thread.
class SocketCounts {
 public:
  SocketCounts();
  void complete(std::span<Event> events);

 private:
  void complete(ConnectionRecord& record, Timestamp now);

  std::optional<SocketTable> table_;
};

}  // namespace synfin
