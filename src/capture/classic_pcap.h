/// \file
/// ClassicPcap: the pcap file format of tcpdump, a header followed by packet records.
///
/// Flow: RecordBuffer → Packet[], pointing into the buffer. Spec: draft-ietf-opsawg-pcap
/// (https://www.tcpdump.org/manpages/pcap-savefile.5.html); and the variants that libpcap
/// distinguishes by magic number and version: nanoseconds, Kuznetzov's longer record header, and
/// the swapped lengths of versions before 2.4. Tested in tests/unit/capture/classic_pcap_test.cc
/// and, against libpcap, tests/property/capture/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capture/byte_order.h"
#include "capture/record_buffer.h"
#include "synfin/base/packet.h"
#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// Not thread-safe; allocates nothing after parse().
class ClassicPcap {
 public:
  static constexpr std::size_t kHeaderSize = 24;

  /// REQUIRES: four readable bytes.
  static bool recognizes(const std::uint8_t* head);

  /// Reads the file header. REQUIRES: kHeaderSize readable bytes, recognizes(header).
  /// The error is a clause without the file's name.
  static Result<ClassicPcap> parse(const std::uint8_t* header, std::uint16_t interface);

  /// Consumes complete records at the front of `buffer` until `out` is full, the buffer has no
  /// further complete record, or stopped(). Returns the number of packets.
  std::size_t walk(RecordBuffer& buffer, std::span<Packet> out);

  /// True after a malformed record, because the start of the next one is unknown.
  bool stopped() const { return stopped_; }
  /// The first damage, as a clause; empty if there was none.
  const std::string& damage() const { return damage_.text; }

  /// The damage of an incomplete record at the end of the input, as a clause; empty if damage()
  /// covers it. REQUIRES: buffer.size() > 0.
  std::string describe_tail(const RecordBuffer& buffer) const;

  /// One interface for each capture in the file, which is usually one.
  const std::vector<InterfaceInfo>& interfaces() const { return interfaces_; }
  DropCounters drops() const { return {}; }

 private:
  enum class LengthOrder : std::uint8_t { CapturedFirst, WireFirst, SmallerFirst };
  struct Lengths {
    std::uint32_t captured;
    std::uint32_t wire;
  };

  template <ByteOrder kOrder>
  std::size_t walk_records(RecordBuffer& buffer, std::span<Packet> out);
  template <ByteOrder kOrder>
  Lengths lengths(const std::uint8_t* record) const;
  template <ByteOrder kOrder>
  Timestamp time(const std::uint8_t* record) const;
  std::uint32_t captured_of(const std::uint8_t* record) const;
  static bool is_no_packet(const std::uint8_t* record);
  bool begin_next_capture(RecordBuffer& buffer);
  void skip_zeros(RecordBuffer& buffer);
  void end_zeros();
  void record_damage(std::string damage);
  void stop(std::string damage);

  /// The damage so far. Only the end of the input decides what zeros at the current position are:
  /// space that was reserved for later packets, or a gap between two.
  struct Damage {
    std::string text;               ///< a clause
    std::string before_zeros;       ///< `text` without the zeros at the current position
    std::uint64_t zeros_begin = 0;  ///< the offset of their first byte
    std::uint64_t zeros_end = 0;    ///< 0: there are none
  };

  std::vector<InterfaceInfo> interfaces_;
  Damage damage_;
  LinkType link_ = LinkType::Unknown;
  ByteOrder order_ = ByteOrder::Same;
  LengthOrder length_order_ = LengthOrder::CapturedFirst;
  std::uint16_t interface_ = 0;  ///< of the current capture
  std::uint16_t first_interface_ = 0;
  bool stopped_ = false;
  std::uint32_t record_header_ = 16;
  std::uint32_t fraction_ns_ = 1000;  ///< nanoseconds per unit of a record's fraction of a second
  std::uint32_t snap_length_ = 0;     ///< libpcap cuts longer packets to this length
  std::uint32_t limit_ = 0;           ///< the maximum captured length of a record
};

/// The link type of the LINKTYPE_ number in a savefile, without the FCS bits above it.
LinkType link_type_of(std::uint16_t number);

}  // namespace synfin
