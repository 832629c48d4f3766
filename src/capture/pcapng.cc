// See pcapng.h.
#include "capture/pcapng.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/classic_pcap.h"
#include "capture/packet_limits.h"
#include "capture/pcapng_format.h"
#include "capture/pcapng_options.h"

namespace synfin {
namespace {

using namespace pcapng;

constexpr std::uint32_t kMinBlock = 12;   // type, length, trailing length
constexpr std::uint32_t kMinPacket = 32;  // with interface, time (2), captured, wire
constexpr std::uint32_t kMaxOptionBytes = 128 * 1024;

bool is_packet(std::uint32_t type) {
  return type == kEnhancedPacket || type == kSimplePacket || type == kObsoletePacket;
}

/// True if the block's content is used. Other blocks may have any size, because they are skipped.
bool is_known(std::uint32_t type) {
  return is_packet(type) || type == kSectionHeader || type == kInterfaceDescription ||
         type == kInterfaceStatistics;
}

/// The time of a packet block, in units of its interface.
template <ByteOrder kOrder>
std::uint64_t ticks(const std::uint8_t* block) {
  return std::uint64_t{load_u32(block + 12, kOrder)} << 32 | load_u32(block + 16, kOrder);
}

bool read_byte_order(const std::uint8_t* block, ByteOrder& order) {
  if (load_u32(block + 8, ByteOrder::Same) == kByteOrderMagic) {
    order = ByteOrder::Same;
  } else if (load_u32(block + 8, ByteOrder::Swapped) == kByteOrderMagic) {
    order = ByteOrder::Swapped;
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool Pcapng::recognizes(const std::uint8_t* head) {
  return load_u32(head, ByteOrder::Same) == kSectionHeader;
}

Result<Pcapng> Pcapng::parse(const std::uint8_t* head, std::uint16_t first_interface) {
  Pcapng pcapng;
  if (!read_byte_order(head, pcapng.order_))
    return Error{"it begins like a pcapng file but has no byte-order magic"};
  pcapng.first_interface_ = first_interface;
  return pcapng;
}

std::size_t Pcapng::walk(RecordBuffer& buffer, std::span<Packet> out) {
  std::size_t count = 0;
  while (!stopped_) {
    count += order_ == ByteOrder::Same
                 ? walk_section<ByteOrder::Same>(buffer, out.subspan(count))
                 : walk_section<ByteOrder::Swapped>(buffer, out.subspan(count));
    if (stopped_ || !begin_section(buffer)) break;
  }
  return count;
}

/// Reads the well-formed enhanced packet blocks at the front, the bulk of every capture. It stops
/// at any other block, which walk_section() handles.
template <ByteOrder kOrder>
std::size_t Pcapng::walk_packets(RecordBuffer& buffer, std::span<Packet> out) {
  const std::uint8_t* at = buffer.begin();
  const std::uint8_t* const end = buffer.end();
  std::size_t count = 0;
  while (count < out.size() && static_cast<std::size_t>(end - at) >= kMinPacket) {
    const std::uint32_t size = load_u32(at + 4, kOrder);
    if (load_u32(at, kOrder) != kEnhancedPacket || size < kMinPacket || size % 4 != 0) break;
    if (static_cast<std::size_t>(end - at) < size || load_u32(at + size - 4, kOrder) != size) break;
    const std::uint32_t id = load_u32(at + 8, kOrder);
    const std::uint32_t captured = load_u32(at + 20, kOrder);
    if (id >= section_.size() || captured > size - kMinPacket) break;
    Interface& interface = section_[id];
    if (size - kMinPacket - captured > 3) count_drops(at, size, captured, interface);
    out[count++] = {interface.scale(ticks<kOrder>(at)), at + 28,        captured,
                    load_u32(at + 24, kOrder),          interface.link, interface.number};
    at += size;
  }
  buffer.consume(static_cast<std::size_t>(at - buffer.begin()));
  return count;
}

/// Reads blocks until the buffer is consumed, `out` is full, or a section header follows.
template <ByteOrder kOrder>
std::size_t Pcapng::walk_section(RecordBuffer& buffer, std::span<Packet> out) {
  std::size_t count = 0;
  for (;;) {
    count += walk_packets<kOrder>(buffer, out.subspan(count));
    if (buffer.size() < kMinBlock) break;
    const std::uint8_t* at = buffer.begin();
    const std::uint32_t type = load_u32(at, kOrder);
    if (type == kSectionHeader || (is_packet(type) && count == out.size())) break;
    const Block block{at, load_u32(at + 4, kOrder), buffer.offset()};
    if (!is_available(type, block.size, buffer)) break;
    if (type == kSimplePacket) {
      count += simple_packet<kOrder>(block, out[count]) ? 1 : 0;
    } else if (is_packet(type)) {
      count += packet<kOrder>(block, type, out[count]) ? 1 : 0;
    } else if (type == kInterfaceDescription) {
      describe_interface(block);
    } else if (type == kInterfaceStatistics) {
      statistics(block);
    }
    if (stopped_) break;
    if (is_known(type)) check_trailer(block);
    buffer.skip(block.size);
  }
  return count;
}

/// True if the block at the front can be handled now. An impossible length stops the reader.
bool Pcapng::is_available(std::uint32_t type, std::uint32_t size, RecordBuffer& buffer) {
  const std::uint64_t offset = buffer.offset();
  if (size < kMinBlock || size % 4 != 0) {
    stop(fmt::format("the block at byte {} has an invalid length of {} bytes", offset, size));
    return false;
  }
  if (!is_known(type)) {
    skipped_from_ = offset;
    skipped_size_ = size;
    return true;
  }
  if (size > largest_block_) {
    stop(fmt::format("the block at byte {} claims {} bytes, more than any packet has", offset,
                     size));
    return false;
  }
  return buffer.size() >= size;
}

void Pcapng::check_trailer(const Block& block) {
  const std::uint32_t trailer = load_u32(block.bytes + block.size - 4, order_);
  if (trailer == block.size) [[likely]]
    return;
  record_damage(fmt::format("the block at byte {} has length {} at its start and {} at its end",
                            block.offset, block.size, trailer));
}

template <ByteOrder kOrder>
bool Pcapng::packet(const Block& block, std::uint32_t type, Packet& out) {
  if (block.size < kMinPacket) {
    record_damage(fmt::format("the packet block at byte {} has only {} bytes, too few for a packet",
                              block.offset, block.size));
    return false;
  }
  const std::uint8_t* at = block.bytes;
  const std::uint32_t id =
      type == kEnhancedPacket ? load_u32(at + 8, kOrder) : load_u16(at + 8, kOrder);
  Interface* interface = interface_of(id, block.offset);
  if (interface == nullptr) return false;
  const std::uint32_t captured = load_u32(at + 20, kOrder);
  if (captured > block.size - kMinPacket) {
    record_damage(
        fmt::format("the packet block at byte {} claims {} captured bytes but holds at most {}",
                    block.offset, captured, block.size - kMinPacket));
    return false;
  }
  if (type == kEnhancedPacket) count_drops(at, block.size, captured, *interface);
  out = {interface->scale(ticks<kOrder>(at)), at + 28,         captured,
         load_u32(at + 24, kOrder),           interface->link, interface->number};
  return true;
}

/// A simple packet has no time. It belongs to the section's first interface, whose snap length
/// limits it.
template <ByteOrder kOrder>
bool Pcapng::simple_packet(const Block& block, Packet& out) {
  if (block.size < kMinBlock + 4) {
    record_damage(fmt::format("the packet block at byte {} has only {} bytes, too few for a packet",
                              block.offset, block.size));
    return false;
  }
  const Interface* interface = interface_of(0, block.offset);
  if (interface == nullptr) return false;
  const std::uint32_t wire = load_u32(block.bytes + 8, kOrder);
  const std::uint32_t snap = interface->snap_length == 0 ? wire : interface->snap_length;
  out = {interface->scale(0),
         block.bytes + 12,
         std::min({wire, snap, block.size - kMinBlock - 4}),
         wire,
         interface->link,
         interface->number};
  return true;
}

Pcapng::Interface* Pcapng::interface_of(std::uint32_t id, std::uint64_t offset) {
  if (id < section_.size()) [[likely]]
    return &section_[id];
  record_damage(fmt::format(
      "the packet block at byte {} names interface {}, which is not described", offset, id));
  return nullptr;
}

/// Reads the section header at the front of the buffer; false if there is no complete one.
bool Pcapng::begin_section(RecordBuffer& buffer) {
  if (buffer.size() < kMinBlock || load_u32(buffer.begin(), ByteOrder::Same) != kSectionHeader)
    return false;
  const Block head{buffer.begin(), 0, buffer.offset()};
  ByteOrder order = order_;
  if (!read_byte_order(head.bytes, order)) {
    stop(fmt::format("the section header at byte {} has no byte-order magic", head.offset));
    return false;
  }
  const Block block{head.bytes, load_u32(head.bytes + 4, order), head.offset};
  if (!is_available(kSectionHeader, block.size, buffer)) return false;
  order_ = order;
  section(block);
  if (stopped_) return false;
  check_trailer(block);
  buffer.consume(block.size);
  return true;
}

/// Each section numbers its interfaces from 0; Packet::interface continues to count.
void Pcapng::section(const Block& block) {
  constexpr std::uint32_t kMinSection = 28;
  if (block.size < kMinSection) {
    return stop(
        fmt::format("the section header at byte {} has only {} bytes", block.offset, block.size));
  }
  const unsigned major = load_u16(block.bytes + 12, order_);
  if (major != 1) {
    return stop(fmt::format("the section at byte {} has the unsupported pcapng version {}.{}",
                            block.offset, major, load_u16(block.bytes + 14, order_)));
  }
  earlier_drops_ = drops();
  section_.clear();
}

void Pcapng::describe_interface(const Block& block) {
  if (section_.size() >= kMaxInterfaces) {
    return stop(fmt::format("the section describes more than {} interfaces by byte {}",
                            kMaxInterfaces, block.offset));
  }
  const std::size_t number =
      std::min<std::size_t>(first_interface_ + infos_.size(), kMaxInterfaces - 1);
  Interface interface;
  interface.number = static_cast<std::uint16_t>(number);
  InterfaceInfo info;
  info.link_number = static_cast<std::uint16_t>(LinkType::Unknown);
  constexpr std::uint32_t kMinDescription = 20;
  if (block.size < kMinDescription) {
    record_damage(fmt::format("the interface description at byte {} has only {} bytes",
                              block.offset, block.size));
  } else {
    const PcapngInterfaceOptions options =
        read_interface_options({block.bytes + 16, block.bytes + block.size - 4}, order_);
    info.name = options.name;
    info.scope = options.scope;
    info.link_number = load_u16(block.bytes + 8, order_);
    info.link = link_type_of(info.link_number);
    info.snap_length = load_u32(block.bytes + 12, order_);
    interface.scale = TimeScale(options.resolution, options.offset_seconds);
  }
  interface.link = info.link;
  interface.snap_length = info.snap_length;
  largest_block_ = std::max(largest_block_, max_caplen(info.link_number) + kMaxOptionBytes);
  section_.push_back(interface);
  if (infos_.size() < kMaxInterfaces) infos_.push_back(std::move(info));
}

void Pcapng::statistics(const Block& block) {
  constexpr std::uint32_t kMinStatistics = 24;
  if (block.size < kMinStatistics) return;
  const std::uint32_t id = load_u32(block.bytes + 8, order_);
  if (id >= section_.size()) return;
  const PcapngStatistics found =
      read_statistics_options({block.bytes + 20, block.bytes + block.size - 4}, order_);
  DropCounters& drops = section_[id].drops;  // cumulative, so the last value counts
  drops.interface = std::max(drops.interface, found.dropped_interface);
  drops.kernel = std::max(drops.kernel, found.dropped_kernel);
}

DropCounters Pcapng::drops() const {
  DropCounters sum = earlier_drops_;
  for (const Interface& interface : section_) {
    DropCounters drops = interface.drops;
    if (interface.packet_drops > drops.interface)
      drops.kernel = std::max(drops.kernel, interface.packet_drops - drops.interface);
    sum += drops;
  }
  return sum;
}

/// Adds the drop count in the options of an enhanced packet block, which follow the padded packet.
void Pcapng::count_drops(const std::uint8_t* block, std::uint32_t size, std::uint32_t captured,
                         Interface& interface) {
  const std::uint32_t begin = 28 + (captured + 3) / 4 * 4, end = size - 4;
  if (begin >= end) return;
  const std::uint64_t dropped = read_drop_count({block + begin, block + end}, order_);
  if (__builtin_add_overflow(interface.packet_drops, dropped, &interface.packet_drops))
    interface.packet_drops = UINT64_MAX;
}

std::string Pcapng::describe_tail(const RecordBuffer& buffer) const {
  if (buffer.skipping() > 0) {
    return fmt::format("the block at byte {} is cut off after {} of {} bytes", skipped_from_,
                       skipped_size_ - buffer.skipping(), skipped_size_);
  }
  if (buffer.size() < kMinBlock) {
    return fmt::format("the block at byte {} is cut off after {} bytes", buffer.offset(),
                       buffer.size());
  }
  ByteOrder order = order_;
  if (recognizes(buffer.begin())) read_byte_order(buffer.begin(), order);
  return fmt::format("the block at byte {} is cut off after {} of {} bytes", buffer.offset(),
                     buffer.size(), load_u32(buffer.begin() + 4, order));
}

void Pcapng::record_damage(std::string damage) {
  if (damage_.empty()) damage_ = std::move(damage);
}

void Pcapng::stop(std::string damage) {
  record_damage(std::move(damage));
  stopped_ = true;
}

}  // namespace synfin
