/// \file
/// PacketSource: where packets come from. The one virtual interface of the packet path, called once
/// per batch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/packet.h"
#include "synfin/base/packet_scope.h"
#include "synfin/base/result.h"

namespace synfin {

/// What a source says about one of the interfaces that its packets name.
struct InterfaceInfo {
  std::string name;  ///< as the capture names it, else empty; bytes from a file, not yet escaped
  LinkType link = LinkType::Unknown;
  std::uint16_t link_number = 0;  ///< the LINKTYPE_ number as stored, also where `link` is Unknown
  std::uint32_t snap_length = 0;  ///< 0 = no limit
  PacketScope scope = PacketScope::All;  ///< as the capture itself states
};

/// What the capturing side counted and we cannot see ourselves. 64 bits, never wrapping.
struct DropCounters {
  std::uint64_t kernel = 0;
  std::uint64_t interface = 0;

  DropCounters& operator+=(const DropCounters& other) {
    constexpr std::uint64_t kMost = UINT64_MAX;
    if (__builtin_add_overflow(kernel, other.kernel, &kernel)) kernel = kMost;
    if (__builtin_add_overflow(interface, other.interface, &interface)) interface = kMost;
    return *this;
  }
};

/// Hands out packets in batches, in the order in which they were captured.
///
/// Not thread-safe. Time: packets carry their own; a source reads no clock.
class PacketSource {
 public:
  virtual ~PacketSource() = default;

  /// Fills `out` from the front and returns how many packets it holds; 0 is the end (or, from a
  /// live source, a pause: see ended()). The packets' bytes live until the next call. A pipe gives
  /// what has arrived and never waits to fill the batch.
  virtual std::size_t next_batch(std::span<Packet> out) = 0;

  /// True when next_batch will give nothing more.
  virtual bool ended() const = 0;

  /// What stopped the source before its input was whole: damage or a failing read, as a sentence
  /// with the byte offset. Empty while all is well. What came before it has been handed out.
  virtual const std::string& damage() const = 0;

  /// The same, a sentence for each of the inputs that a source is made of; empty while all is well.
  virtual std::vector<std::string> damages() const {
    return damage().empty() ? std::vector<std::string>{} : std::vector<std::string>{damage()};
  }

  /// The interfaces named by the packets so far; Packet::interface minus the first index of this
  /// source.
  virtual const std::vector<InterfaceInfo>& interfaces() const = 0;

  virtual DropCounters drops() const { return {}; }

  /// Input consumed so far and in all, in bytes as they lie on disk; total 0 = not known (a pipe).
  struct Progress {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
  };
  virtual Progress progress() const = 0;

  /// Ends the source early: a next_batch that waits for input returns 0 soon, and ended() turns
  /// true without damage. The one member that another thread or a signal handler may call.
  virtual void interrupt() noexcept {}
};

}  // namespace synfin
