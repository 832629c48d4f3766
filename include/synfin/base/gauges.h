/// \file
/// Gauges: the current figures of a run, for status lines and the header of the screen.
#pragma once

#include <atomic>
#include <cstdint>

namespace synfin {

/// The packet thread stores, any thread loads; each figure by itself, relaxed.
struct Gauges {
  std::atomic<std::uint64_t> packets{0};       ///< received so far
  std::atomic<std::uint64_t> open{0};          ///< connections that have not ended
  std::atomic<std::uint64_t> dropped{0};       ///< by kernel, interface and ring
  std::atomic<std::uint64_t> dropped_ring{0};  ///< display-only events that found the ring full
  std::atomic<std::uint64_t> bytes_read{0};    ///< of capture files: PacketSource::progress()
  std::atomic<std::uint64_t> bytes_total{0};   ///< 0 = unknown
};

}  // namespace synfin
