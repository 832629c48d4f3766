/// \file
/// LinkNeighbors: the MAC addresses from which SYN-ACKs came, for the inventory.
///
///     Decoder (packet thread) → note() → ring → take() → inventory (thread of the outputs)
///
/// Only Ethernet headers directly around IP count. A MAC address is that of the last router, if the
/// sender is not on the link; the inventory decides that.
///
/// Memory is fixed: kSeen + kNotes entries. One thread calls note(), one take(); no locks. If the
/// ring is full, a note is lost, and the next SYN-ACK of the address adds it.
/// Tested in tests/unit/base/link_neighbors_test.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/mix.h"
#include "synfin/base/time.h"

namespace synfin {

class LinkNeighbors {
 public:
  struct Note {
    Timestamp time{};
    Address ip;
    std::uint64_t mac = 0;  ///< the first byte of the address is the highest of six
  };

  /// The address `ip` sent a SYN-ACK from the six bytes at `mac`. Group addresses are ignored.
  void note(Timestamp time, const Address& ip, const std::uint8_t* mac) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < 6; ++i) value = value << 8 | mac[i];
    if (value == 0 || (mac[0] & 1) != 0) return;
    Seen& seen = seen_[mix64(ip.high() ^ 0x9E3779B97F4A7C15, ip.low() ^ value) % kSeen];
    if (seen.mac == value && seen.ip == ip) return;
    const std::size_t end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kNotes) return;
    notes_[end % kNotes] = {time, ip, value};
    end_.store(end + 1, std::memory_order_release);
    seen = {ip, value};
  }

  /// The time of the oldest note; the latest time of all if there is none. For the taking thread.
  Timestamp next() const noexcept {
    const std::size_t begin = begin_.load(std::memory_order_relaxed);
    const bool none = begin == end_.load(std::memory_order_acquire);
    return none ? Timestamp::max() : notes_[begin % kNotes].time;
  }

  /// Takes the oldest note, unless it is later than `until`. Returns false if there is none.
  bool take(Timestamp until, Note& out) noexcept {
    const std::size_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return false;
    if (notes_[begin % kNotes].time > until) return false;
    out = notes_[begin % kNotes];
    begin_.store(begin + 1, std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::size_t kSeen = 4096;
  static constexpr std::size_t kNotes = 16'384;
  struct Seen {
    Address ip;
    std::uint64_t mac = 0;
  };

  std::vector<Seen> seen_ = std::vector<Seen>(kSeen);
  std::vector<Note> notes_ = std::vector<Note>(kNotes);
  std::atomic<std::size_t> begin_{0};
  std::atomic<std::size_t> end_{0};
};

}  // namespace synfin
