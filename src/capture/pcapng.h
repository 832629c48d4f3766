/// \file
/// Pcapng: the block format that Wireshark and dumpcap write.
///
/// Flow: RecordBuffer → Packet[], pointing into the buffer.
/// Spec: draft-ietf-opsawg-pcapng
/// (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html): section header, interface
/// description, enhanced, simple and obsolete packet blocks, interface statistics. Other blocks are
/// passed over. More is accepted than libpcap does: interfaces may differ in link type and snap
/// length, sections in byte order. Tested in tests/unit/capture/pcapng_test.cc and, against
/// libpcap, tests/property/capture/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/byte_order.h"
#include "capture/record_buffer.h"
#include "capture/time_scale.h"
#include "synfin/base/packet.h"
#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// Memory: some bytes for each interface, of which a section may describe kMaxInterfaces, and a
/// block's worth of buffer (up to 16 MiB; more for USB and D-Bus). Not thread-safe.
class Pcapng {
 public:
  /// The least that a file must hold to be judged.
  static constexpr std::size_t kHeadSize = 12;

  /// REQUIRES: four readable bytes.
  static bool recognises(const std::uint8_t* head);

  /// Judges the first bytes of a file. REQUIRES: kHeadSize readable bytes, recognises(head).
  /// The error is a clause without the file's name.
  static Result<Pcapng> parse(const std::uint8_t* head, std::uint16_t first_interface);

  /// Takes whole blocks off the front of `buffer` until `out` is full; returns how many were
  /// packets. Fewer means: the buffer holds no further whole block, or stopped(). With an empty
  /// `out` it stops before the first packet.
  std::size_t walk(RecordBuffer& buffer, std::span<Packet> out);

  /// True once a block has made so little sense that the next cannot be found.
  bool stopped() const { return stopped_; }

  /// The first thing that was wrong, as a clause; reading goes on where the next block can be
  /// found.
  const std::string& damage() const { return damage_; }

  /// What is wrong with input that ends here, as a clause. REQUIRES: buffer.size() > 0 or
  /// buffer.skipping() > 0.
  std::string describe_tail(const RecordBuffer& buffer) const;

  const std::vector<InterfaceInfo>& interfaces() const { return infos_; }

  /// The last counts of the interface statistics blocks, summed over interfaces and sections.
  DropCounters drops() const;

 private:
  /// What a packet block needs to know of its interface.
  struct Interface {
    TimeScale scale;
    std::uint32_t snap_length = 0;
    LinkType link = LinkType::Unknown;
    std::uint16_t number = 0;
    DropCounters drops;
  };

  /// A block that stands whole in the buffer.
  struct Block {
    const std::uint8_t* bytes;
    std::uint32_t size;
    std::uint64_t offset;
  };

  template <ByteOrder kOrder>
  std::size_t walk_packets(RecordBuffer& buffer, std::span<Packet> out) const;
  template <ByteOrder kOrder>
  std::size_t walk_section(RecordBuffer& buffer, std::span<Packet> out);
  template <ByteOrder kOrder>
  bool packet(const Block& block, std::uint32_t type, Packet& out);
  template <ByteOrder kOrder>
  bool simple_packet(const Block& block, Packet& out);
  bool enough(std::uint32_t type, std::uint32_t size, RecordBuffer& buffer);
  bool turn_section(RecordBuffer& buffer);
  void section(const Block& block);
  void describe_interface(const Block& block);
  void statistics(const Block& block);
  void check_trailer(const Block& block);

  const Interface* interface_of(std::uint32_t id, std::uint64_t offset);
  void note(std::string damage);
  void stop(std::string damage);

  std::vector<Interface> section_;  ///< the current section's, by the id that its packets give
  std::vector<InterfaceInfo> infos_;
  DropCounters earlier_drops_;  ///< of earlier sections
  std::string damage_;
  std::uint64_t skipped_from_ = 0;
  std::uint64_t skipped_size_ = 0;  ///< of the block that is passed over unread, for describe_tail
  std::uint32_t largest_block_ = 16U << 20;
  std::uint16_t first_interface_ = 0;
  ByteOrder order_ = ByteOrder::Same;
  bool stopped_ = false;
};

}  // namespace synfin
