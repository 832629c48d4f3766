/// \file
/// PacketSource: the interface of savefiles and live captures. It is the only virtual interface of
/// the packet path, called once per batch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/input_source.h"
#include "synfin/base/packet.h"
#include "synfin/base/packet_scope.h"
#include "synfin/base/result.h"

namespace synfin {

/// An interface to which packets refer.
struct InterfaceInfo {
  std::string name;  ///< empty if unknown; bytes from a file, not escaped
  LinkType link = LinkType::Unknown;
  std::uint16_t link_number = 0;  ///< the LINKTYPE_ number as stored, even if `link` is Unknown
  std::uint32_t snap_length = 0;  ///< 0 = no limit
  PacketScope scope = PacketScope::All;  ///< according to the capture itself
};

/// Packets that the capturing side dropped, by its own count. 64-bit counters that saturate.
struct DropCounters {
  std::uint64_t kernel = 0;
  std::uint64_t interface = 0;

  DropCounters& operator+=(const DropCounters& other) {
    constexpr std::uint64_t kMax = UINT64_MAX;
    if (__builtin_add_overflow(kernel, other.kernel, &kernel)) kernel = kMax;
    if (__builtin_add_overflow(interface, other.interface, &interface)) interface = kMax;
    return *this;
  }
};

/// Returns packets in batches, in the order in which they were captured.
///
/// Not thread-safe. Time: packets carry their own times; a source reads no clock for them.
class PacketSource : public InputSource {
 public:
  /// Fills `out` from the front and returns the number of packets. 0 means the end or, if ended()
  /// is false, a pause of a live source or a pipe. The packets' bytes are valid until the next
  /// call. A pipe returns the packets that have arrived and never waits to fill the batch.
  virtual std::size_t next_batch(std::span<Packet> out) = 0;

  /// True if next_batch() will return no more packets. After interrupt(), next_batch() returns 0
  /// soon, and this becomes true.
  virtual bool ended() const = 0;

  /// Damage of the input or a failed read, as a sentence with the byte offset; empty if there was
  /// none. The packets before the damage are returned first.
  virtual const std::string& damage() const = 0;

  /// By default damage(); a source of several inputs returns one sentence for each of them.
  std::vector<std::string> damages() const override {
    return damage().empty() ? std::vector<std::string>{} : std::vector<std::string>{damage()};
  }

  /// The interfaces to which packets referred so far. The index is Packet::interface minus the
  /// source's first interface number.
  virtual const std::vector<InterfaceInfo>& interfaces() const = 0;

  virtual DropCounters drops() const { return {}; }
};

}  // namespace synfin
