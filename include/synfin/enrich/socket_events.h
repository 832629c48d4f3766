/// \file
/// SocketEvents: socket changes, reported by the kernel as they happen, with the process that
/// caused them.
///
/// eBPF program (src/enrich/bpf/socket_events.bpf.c) → ring buffer of 4 MiB → SocketOwnerCache, on
/// a thread of its own. It therefore knows even the shortest process, also after its end. open()
/// needs a kernel with BTF and root, or CAP_BPF and CAP_PERFMON. Tested in tests/live/.
#pragma once

#include <cstdint>
#include <memory>

#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/enrich/socket_owner_cache.h"

namespace synfin {

/// Any thread may query it. A query sees every change that the kernel reported before it.
class SocketEvents {
 public:
  /// Loads the program, which reports changes from now on. Fails if the kernel or the build has no
  /// eBPF, or if it is not permitted.
  static Result<std::unique_ptr<SocketEvents>> open();
  ~SocketEvents();
  SocketEvents(const SocketEvents&) = delete;
  SocketEvents& operator=(const SocketEvents&) = delete;

  /// Starts the reading thread. REQUIRES: called once, after privileges are dropped, because the
  /// thread keeps those of the caller.
  void start();

  /// See SocketOwnerCache.
  KnownProcessPtr of_connection(const Endpoint& local, const Endpoint& remote, Timestamp since);
  KnownProcessPtr of_listener(const Endpoint& local, Timestamp since);
  KnownProcessPtr of_cookie(std::uint64_t cookie);
  bool elsewhere();

  /// The number of changes that did not fit into the ring buffer.
  std::uint64_t lost() const;

 private:
  class Loop;
  explicit SocketEvents(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace synfin
