/// \file
/// Pcapng: the block-based file format of Wireshark and dumpcap.
///
/// Flow: RecordBuffer → Packet[], pointing into the buffer.
/// Spec: draft-ietf-opsawg-pcapng
/// (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html): section header, interface
/// description, enhanced, simple and obsolete packet blocks, interface statistics. Other blocks are
/// skipped. Unlike libpcap, it accepts interfaces with different link types and snap lengths, and
/// sections with different byte orders. Tested in tests/unit/capture/pcapng_test.cc and, against
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

/// Memory: a few bytes for each of at most kMaxInterfaces interfaces per section, and a buffer of
/// one block (up to 16 MiB; more for USB and D-Bus). Not thread-safe.
class Pcapng {
 public:
  /// The bytes that parse() needs.
  static constexpr std::size_t kHeadSize = 12;

  /// REQUIRES: four readable bytes.
  static bool recognizes(const std::uint8_t* head);

  /// Reads the first bytes of a file. REQUIRES: kHeadSize readable bytes, recognizes(head).
  /// The error is a clause without the file's name.
  static Result<Pcapng> parse(const std::uint8_t* head, std::uint16_t first_interface);

  /// Consumes complete blocks at the front of `buffer` until `out` is full, the buffer has no
  /// further complete block, or stopped(). Returns the number of packets. With an empty `out` it
  /// stops before the first packet.
  std::size_t walk(RecordBuffer& buffer, std::span<Packet> out);

  /// True after a block that is so malformed that the start of the next one is unknown.
  bool stopped() const { return stopped_; }

  /// The first damage, as a clause. Reading continues if the next block can be found.
  const std::string& damage() const { return damage_; }

  /// The damage of an incomplete block at the end of the input, as a clause. REQUIRES:
  /// buffer.size() > 0 or buffer.skipping() > 0.
  std::string describe_tail(const RecordBuffer& buffer) const;

  const std::vector<InterfaceInfo>& interfaces() const { return infos_; }

  /// The drops of all interfaces and sections: the last interface statistics blocks, or the sum of
  /// epb_dropcount over the packets if that is larger.
  DropCounters drops() const;

 private:
  /// The properties of an interface that its packet blocks need.
  struct Interface {
    TimeScale scale;
    std::uint32_t snap_length = 0;
    LinkType link = LinkType::Unknown;
    std::uint16_t number = 0;
    DropCounters drops;              ///< from interface statistics blocks
    std::uint64_t packet_drops = 0;  ///< from the options of packet blocks
  };

  /// A complete block in the buffer.
  struct Block {
    const std::uint8_t* bytes;
    std::uint32_t size;
    std::uint64_t offset;
  };

  template <ByteOrder kOrder>
  std::size_t walk_packets(RecordBuffer& buffer, std::span<Packet> out);
  template <ByteOrder kOrder>
  std::size_t walk_section(RecordBuffer& buffer, std::span<Packet> out);
  template <ByteOrder kOrder>
  bool packet(const Block& block, std::uint32_t type, Packet& out);
  template <ByteOrder kOrder>
  bool simple_packet(const Block& block, Packet& out);
  bool is_available(std::uint32_t type, std::uint32_t size, RecordBuffer& buffer);
  bool begin_section(RecordBuffer& buffer);
  void section(const Block& block);
  void describe_interface(const Block& block);
  void statistics(const Block& block);
  void check_trailer(const Block& block);

  void count_drops(const std::uint8_t* block, std::uint32_t size, std::uint32_t captured,
                   Interface& interface);
  Interface* interface_of(std::uint32_t id, std::uint64_t offset);
  void record_damage(std::string damage);
  void stop(std::string damage);

  std::vector<Interface> section_;  ///< of the current section, by the id in its packets
  std::vector<InterfaceInfo> infos_;
  DropCounters earlier_drops_;  ///< of earlier sections
  std::string damage_;
  std::uint64_t skipped_from_ = 0;
  std::uint64_t skipped_size_ = 0;  ///< of the block being skipped, for describe_tail
  std::uint32_t largest_block_ = 16U << 20;
  std::uint16_t first_interface_ = 0;
  ByteOrder order_ = ByteOrder::Same;
  bool stopped_ = false;
};

}  // namespace synfin
