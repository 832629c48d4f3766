/// \file
/// CopyFilter: recognizes a packet that the capture has already delivered.
///
/// Mirror ports, bridges, the "any" device and some capture drivers deliver a packet more than
/// once, on one interface or on several, often with another TTL or VLAN tag. A retransmission is no
/// copy: a host that numbers its packets gives it another IP identification (RFC 6864 §4).
///
/// The packets of the last 10 ms are kept in order of arrival and compared exactly. Tested in
/// tests/unit/track/copy_filter_test.cc.
#pragma once

#include <cstdint>

#include "synfin/decode/segment.h"
#include "synfin/stats/lazy_array.h"

namespace synfin {

/// A copy has the same addresses, ports, flags, numbers, payload length and IP identification.
///
/// IPv6 has no identification, many stacks send 0 in IPv4, and packet generators send a constant.
/// In these cases a copy must also have the same TCP checksum, which covers options and payload,
/// and follow within 0.5 ms on the same interface. An identification is a constant if the last
/// three packets that are not copies have it. A host may still send equal acknowledgements (RFC
/// 5681 §3.2), SYN-ACKs or RSTs in a row, so those are copies only after a SYN, a FIN or data has
/// proved that the capture contains copies.
///
/// Memory is bounded: at most kPackets packets. The results do not depend on a seed.
class CopyFilter {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds{10};
  static constexpr Duration kWindowWithoutId = std::chrono::microseconds{500};

  /// With `across_sources`, separately opened files or interfaces are compared, too.
  explicit CopyFilter(bool across_sources);

  /// True if `s` is a copy of an earlier packet. Otherwise remembers `s`. `hash` is that of its
  /// key.
  bool is_copy(const Segment& s, std::uint64_t hash) {
    return interface_of(s) != idle_interface_ && check(s, hash);
  }

  /// Reports that the packet with this number repeats sequence numbers so soon that it may be a
  /// copy. An idle filter compares packets again if several follow each other closely: hosts rarely
  /// retransmit like that, and in a capture with copies every second packet is one.
  void note_repeat(std::uint64_t packet_number);

  /// How many remembered packets were replaced before kWindow had passed, or not compared, because
  /// memory and time are bounded. Copies of these are not recognized.
  std::uint64_t replaced_early() const { return replaced_early_; }

 private:
  struct SeenPacket {
    Segment segment;
    std::uint32_t older =
        0;  ///< number of the previous packet with the same hash and numbers; 0 = none
  };
  static constexpr std::uint64_t kNoInterface = ~std::uint64_t{0};
  /// Powers of two. The space doubles while it would replace a packet of the last two windows.
  /// Small space stays in the processor's cache; the largest holds 10 ms at 1.6 million packets/s.
  static constexpr std::uint32_t kFirstPackets = 1 << 9;
  static constexpr std::uint32_t kPackets = 1 << 14;
  /// After this many packets from one interface without a copy, the filter is idle: it neither
  /// remembers nor compares packets until another interface appears or copies seem to begin.
  static constexpr std::uint32_t kIdleAfter = 1 << 16;

  /// The use of packets_. Packets are numbered from 1.
  struct Ring {
    std::uint32_t size = kFirstPackets;
    std::uint32_t newest = 0;    ///< number of the newest packet; 0 = none
    std::uint32_t replaced = 0;  ///< number of the newest packet that was replaced; 0 = none
  };

  static std::uint64_t interface_of(const Segment& s) {
    return std::uint32_t{s.source} << 16 | s.interface;
  }
  bool check(const Segment& s, std::uint64_t hash);
  bool equals(const Segment& s, const Segment& seen) const;
  bool identifies(std::uint16_t ip_id) const;
  void remember(const Segment& s, std::uint32_t& newest);
  /// True if the newest packet replaces one that is still compared. After double_size(), a place
  /// may hold a packet that has moved or was replaced, which counts for nothing.
  bool replaces_one() const {
    return ring_.newest > ring_.size && ring_.newest - ring_.size > ring_.replaced;
  }
  void double_size();
  SeenPacket& packet(std::uint32_t number) { return packets_[number & (ring_.size - 1)]; }
  const SeenPacket& packet(std::uint32_t number) const {
    return packets_[number & (ring_.size - 1)];
  }

  bool across_sources_;
  bool several_ = false;                         ///< more than one interface has appeared
  bool proven_ = false;                          ///< a copy of a SYN, a FIN or data was seen
  std::uint64_t interface_ = 0;                  ///< of the first packet
  std::uint64_t idle_interface_ = kNoInterface;  ///< its packets are not compared
  std::uint32_t repeats_ = 0;                    ///< calls of note_repeat() in close succession
  std::uint64_t last_repeat_ = 0;                ///< number of the last packet of note_repeat()
  std::uint32_t compared_since_ = 0;             ///< the newest packet when comparing began
  std::uint64_t replaced_early_ = 0;
  Ring ring_;
  LazyArray<SeenPacket> packets_;
  LazyArray<std::uint32_t> newest_;  ///< by hash: number of the newest packet, 0 = none
};

}  // namespace synfin
