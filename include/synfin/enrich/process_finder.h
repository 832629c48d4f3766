/// \file
/// ProcessFinder: which process owns which end of a connection on this host.
///
/// question → netlink sock_diag (socket → inode) → /proc (inode → process) → answer, on a thread of
/// its own; where the kernel lets it, an eBPF tracepoint tells of connections before they are asked
/// for. Specs: sock_diag(7), proc(5), network_namespaces(7). Tested in
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

namespace synfin {

/// How sure it is that a process owns an end.
enum class ProcessBasis : unsigned char {
  None,      ///< the end is not on this host
  Gone,      ///< nobody holds the socket any more
  Listener,  ///< it holds the listening socket
  Socket,    ///< it holds the connection's own socket
};

/// "", "gone", "listener", "socket".
std::string_view to_string(ProcessBasis basis);

struct ProcessOwner {
  ProcessBasis basis = ProcessBasis::None;
  std::uint32_t pid = 0;  ///< 0 where another user's process may not be looked at
  std::string user;
  std::string exe;        ///< hostile: a process chooses its own path and words
  std::string cmdline;    ///< words parted by blanks; may hold secrets
  std::string unit = {};  ///< its container or systemd unit, if it still runs; hostile
};

/// Both ends of originator → responder; of a loopback connection both may be here.
struct ProcessAnswer {
  FiveTuple tuple;
  ProcessOwner orig;
  ProcessOwner resp;
};

/// An end that is known to be here may be a listener's, or gone; any other only a socket's own.
struct ProcessQuestion {
  FiveTuple tuple;
  bool orig_here = true;
  bool resp_here = true;
  Timestamp since{};  ///< of the connection's first packet; zero: not known
};

/// ask(), take() and wait() are for one thread, and do not wait for the kernel, but for wait().
class ProcessFinder {
 public:
  /// `events`: not yet started; null where the kernel tells nothing by itself. `namespaces`: also
  /// look into other network namespaces, where that is permitted.
  static Result<std::unique_ptr<ProcessFinder>> start(std::unique_ptr<SocketEvents> events = {},
                                                      bool namespaces = true);
  ~ProcessFinder();
  ProcessFinder(const ProcessFinder&) = delete;
  ProcessFinder& operator=(const ProcessFinder&) = delete;

  /// Each question gets one answer. At most 8 Ki wait; more are answered with nothing.
  void ask(std::span<const ProcessQuestion> questions);

  /// Appends the answers that have come.
  void take(std::vector<ProcessAnswer>& answers);

  /// Until answers are there to take, or `deadline`.
  void wait(std::chrono::steady_clock::time_point deadline);

  /// How processes are found, in a few words for -v.
  std::string method() const;

  /// What the kernel could not tell for want of room; those are found the slower way.
  std::uint64_t lost() const;

 private:
  class Loop;
  explicit ProcessFinder(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace synfin
