/// \file
/// ResponderPorts: counts the connections of the capture by the port of their responder. Tested in
/// tests/unit/track/connection_table_test.cc.
#pragma once

#include <cstdint>
#include <limits>

#include "synfin/stats/lazy_array.h"

namespace synfin {

/// Counts handshakes by the port of the responder, to find the service port of connections without
/// a handshake. Takes 128 KiB, which the kernel maps on first use.
class ResponderPorts {
 public:
  ResponderPorts() : counts_(65536) {}

  /// Counts a SYN or SYN-ACK whose responder has `port`.
  void add(std::uint16_t port) {
    std::uint16_t& n = counts_[port];
    if (n != std::numeric_limits<std::uint16_t>::max()) ++n;
  }
  /// True if many connections had `port` as responder, and many more than had `other`.
  bool prefers(std::uint16_t port, std::uint16_t other) const {
    constexpr std::uint32_t kMinHandshakes = 8;
    constexpr std::uint32_t kMinRatio = 4;
    return counts_[port] >= kMinHandshakes && counts_[port] >= kMinRatio * counts_[other];
  }

 private:
  LazyArray<std::uint16_t> counts_;
};

}  // namespace synfin
