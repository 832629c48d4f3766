/// \file
/// SocketEvents: the kernel tells which process moves which TCP socket, at the moment it does.
///
/// eBPF program (src/enrich/bpf/socket_events.bpf.c) → ring buffer of 4 MiB → SocketOwnerCache, on
/// a thread of its own. So the shortest process is known, also after its end. Needs a kernel with
/// BTF and root, or CAP_BPF and CAP_PERFMON, for open() alone. Tested in tests/live/.
#pragma once

#include <cstdint>
#include <memory>

#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/enrich/socket_owner_cache.h"

namespace synfin {

/// Any thread may ask what is known; it sees all that happened before it asked.
class SocketEvents {
 public:
  /// Loads the program; sockets are followed from now on. Fails where the kernel or the build has
  /// no such thing, or it is not permitted.
  static Result<std::unique_ptr<SocketEvents>> open();
  ~SocketEvents();
  SocketEvents(const SocketEvents&) = delete;
  SocketEvents& operator=(const SocketEvents&) = delete;

  /// Begins to read. REQUIRES: called once, after rights were given up: the thread keeps those that
  /// there are.
  void start();

  /// As those of SocketOwnerCache.
  KnownProcessPtr of_connection(const Endpoint& local, const Endpoint& remote, Timestamp since);
  KnownProcessPtr of_listener(const Endpoint& local, Timestamp since);
  KnownProcessPtr of_cookie(std::uint64_t cookie);

  /// How many records the kernel had no room for.
  std::uint64_t lost() const;

 private:
  class Loop;
  explicit SocketEvents(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace synfin
