/// \file
/// NetNamespaces: the socket tables of the other network namespaces of this host (containers),
/// found by the processes in them. Spec: network_namespaces(7), setns(2).
#pragma once

#include <chrono>
#include <vector>

#include "synfin/enrich/socket_table.h"

namespace synfin {

/// Not thread-safe. tables() moves the calling thread into each new namespace for a moment, and
/// back; where that is not permitted there are none.
class NetNamespaces {
 public:
  /// Those that there are, looked for anew every few seconds, so that none is kept alive for long
  /// after its last process; 64 at most.
  std::vector<SocketTable>& tables();

 private:
  void look();

  std::vector<SocketTable> tables_;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace synfin
