/// \file
/// ProcessFinder: finds the processes at the ends of this host's connections.
///
/// question → SocketMonitor (socket → inode) → /proc (inode → process) → answer, on a thread of its
/// own. If the kernel permits it, an eBPF program reports socket changes as they happen, before a
/// question needs them. Specs: sock_diag(7), proc(5), network_namespaces(7). Tested in
/// tests/unit/enrich/process_finder_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/enrich/socket_events.h"
#include "synfin/enrich/socket_monitor.h"

namespace synfin {

/// The evidence that a process owns an end, in increasing order of certainty.
enum class ProcessBasis : unsigned char {
  None,      ///< the end is not on this host
  Gone,      ///< no process holds the socket now
  Listener,  ///< the process holds the listening socket
  Socket,    ///< the process holds the connection's own socket
};

/// "", "gone", "listener", "socket".
std::string_view to_string(ProcessBasis basis);

struct ProcessOwner {
  ProcessBasis basis = ProcessBasis::None;
  std::uint32_t pid = 0;  ///< 0 if unknown, as for another user's process without privileges
  std::string user;
  std::string exe;        ///< hostile: a process chooses its path and arguments
  std::string cmdline;    ///< arguments separated by blanks; may hold secrets
  std::string unit = {};  ///< its container or systemd unit, if it still runs; hostile

  bool operator==(const ProcessOwner&) const = default;
};

/// The owners of both ends. Both ends of a loopback connection may be on this host.
struct ProcessAnswer {
  FiveTuple tuple;
  ProcessOwner orig;
  ProcessOwner resp;
};

/// Only an end that is known to be on this host (`…_here`) may be attributed to a listener or be
/// reported as gone.
struct ProcessQuestion {
  FiveTuple tuple;
  bool orig_here = true;
  bool resp_here = true;
  Timestamp since{};  ///< time of the connection's first packet; zero if unknown
  /// The connection was open before the capture began, and may have no event for hours that could
  /// show a late answer.
  bool was_open = false;
};

/// One thread at a time may call ask(), take() and wait(). Only wait() blocks.
class ProcessFinder {
 public:
  /// `events` is not started yet; null without eBPF. `namespaces`: searches other network
  /// namespaces too, if that is permitted.
  static Result<std::unique_ptr<ProcessFinder>> start(std::shared_ptr<SocketMonitor> sockets,
                                                      std::unique_ptr<SocketEvents> events = {},
                                                      bool namespaces = true);
  ~ProcessFinder();
  ProcessFinder(const ProcessFinder&) = delete;
  ProcessFinder& operator=(const ProcessFinder&) = delete;

  /// Queues questions. Each one is answered exactly once; those beyond 8 Ki waiting ones at once
  /// and with nothing.
  void ask(std::span<const ProcessQuestion> questions);

  /// Appends the answers that have arrived.
  void take(std::vector<ProcessAnswer>& answers);

  /// Waits until take() would return an answer, but not after `deadline`. Returns false if none
  /// will come, because the thread has failed.
  bool wait(std::chrono::steady_clock::time_point deadline);

  /// True if this host has sockets in other network namespaces, whose addresses are not known here.
  bool elsewhere() const;

  /// The sources in use, in a few words for -v.
  std::string method() const;

  /// The number of socket changes that eBPF could not report because its buffer was full.
  std::uint64_t lost() const;

 private:
  class Loop;
  explicit ProcessFinder(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace synfin
