/// \file
/// What the packet thread tells of itself as it goes, for status lines and the screen's header.
#pragma once

#include <atomic>
#include <cstdint>

namespace synfin {

struct Gauges {
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> dropped{0};      ///< by kernel, interface and ring
  std::atomic<std::uint64_t> bytes_read{0};   ///< of captures: PacketSource::progress()
  std::atomic<std::uint64_t> bytes_total{0};  ///< 0 = not known
};

}  // namespace synfin
