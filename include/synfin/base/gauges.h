/// \file
/// Gauges: the current figures of a run, for status lines and the header of the screen.
#pragma once

#include <atomic>
#include <cstdint>

namespace synfin {

/// The packet thread stores them and any thread loads them. Each figure is independent, so all
/// accesses are relaxed.
struct Gauges {
  std::atomic<std::uint64_t> packets{0};  ///< received so far
  std::atomic<std::uint64_t> rounds{0};   ///< of the packet thread, also without packets; live only
  std::atomic<std::uint64_t> open{0};     ///< ConnectionTable::open()
  std::atomic<std::uint64_t> dropped{0};  ///< by kernel, interface and ring
  /// Events for display only that were dropped because the ring was full.
  std::atomic<std::uint64_t> dropped_ring{0};
  std::atomic<std::uint64_t> bytes_read{0};   ///< of capture files: PacketSource::progress()
  std::atomic<std::uint64_t> bytes_total{0};  ///< 0 = unknown
};

}  // namespace synfin
