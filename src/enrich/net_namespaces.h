/// \file
/// NetNamespaces: the socket tables of this host's other network namespaces (containers), which are
/// found by their processes. Spec: network_namespaces(7), setns(2).
#pragma once

#include <chrono>
#include <vector>

#include "synfin/enrich/socket_table.h"

namespace synfin {

/// Not thread-safe. tables() moves the calling thread into each namespace and back. If that is not
/// permitted, it returns no tables.
class NetNamespaces {
 public:
  /// Returns at most 64 tables. They are opened again every few seconds, because an open one keeps
  /// its namespace alive after the last process.
  std::vector<SocketTable>& tables();

 private:
  void open_tables();

  std::vector<SocketTable> tables_;
  std::chrono::steady_clock::time_point opened_{};
};

}  // namespace synfin
