// See classic_pcap.h.
#include "capture/classic_pcap.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "capture/packet_limits.h"

namespace synfin {
namespace {

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kKuznetzov = 0xa1b2cd34;

bool is_magic(std::uint32_t magic) {
  return magic == kMicroseconds || magic == kNanoseconds || magic == kKuznetzov;
}

/// A snap length of 0, or one above 31 bits, means no limit.
std::uint32_t usable_snap_length(std::uint32_t stored, std::uint16_t linktype) {
  const bool unusable = stored == 0 || stored > std::numeric_limits<std::int32_t>::max();
  return unusable ? max_caplen(linktype) : stored;
}

/// Kuznetzov's libpcap could add 14 bytes of synthetic Ethernet header that the snap length does
/// not include.
std::uint32_t with_cooked_header(std::uint32_t snap_length) {
  constexpr std::uint32_t kMaxSnapLength = std::numeric_limits<std::int32_t>::max();
  return std::min(snap_length, kMaxSnapLength - 14) + 14;
}

bool is_zero(const std::uint8_t* begin, const std::uint8_t* end) {
  return std::all_of(begin, end, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

LinkType link_type_of(std::uint16_t number) {
  // 12 and 14 are the numbers of DLT_RAW on Linux and OpenBSD, which some programs write without
  // mapping them to LINKTYPE_RAW.
  if (number == 12 || number == 14) return LinkType::Raw;
  return static_cast<LinkType>(number);
}

bool ClassicPcap::recognizes(const std::uint8_t* head) {
  return is_magic(load_u32(head, ByteOrder::Same)) || is_magic(load_u32(head, ByteOrder::Swapped));
}

Result<ClassicPcap> ClassicPcap::parse(const std::uint8_t* header, std::uint16_t interface) {
  ClassicPcap pcap;
  pcap.order_ = is_magic(load_u32(header, ByteOrder::Same)) ? ByteOrder::Same : ByteOrder::Swapped;
  const std::uint32_t magic = load_u32(header, pcap.order_);
  const unsigned major = load_u16(header + 4, pcap.order_);
  const unsigned minor = load_u16(header + 6, pcap.order_);
  const bool dg_ux = major == 543 && minor == 0;
  if (major != 2 && !dg_ux)
    return Error{fmt::format("pcap version {}.{} is not supported", major, minor)};
  if (dg_ux || minor < 3) pcap.length_order_ = LengthOrder::WireFirst;
  if (!dg_ux && minor == 3) pcap.length_order_ = LengthOrder::SmallerFirst;

  const std::uint16_t number =
      // The bits above hold the FCS length and a class.
      load_u32(header + 20, pcap.order_) & 0xFFFF;
  pcap.interface_ = pcap.first_interface_ = interface;
  pcap.link_ = link_type_of(number);
  const std::uint32_t snap_length = load_u32(header + 16, pcap.order_);
  pcap.interfaces_.push_back({"", pcap.link_, number, snap_length});
  pcap.limit_ = max_caplen(number);
  pcap.snap_length_ = usable_snap_length(snap_length, number);
  if (magic == kNanoseconds) pcap.fraction_ns_ = 1;
  if (magic == kKuznetzov) {
    pcap.record_header_ = 24;
    if (pcap.link_ == LinkType::Ethernet) pcap.snap_length_ = with_cooked_header(pcap.snap_length_);
  }
  return pcap;
}

template <ByteOrder kOrder>
inline ClassicPcap::Lengths ClassicPcap::lengths(const std::uint8_t* record) const {
  Lengths found{load_u32(record + 8, kOrder), load_u32(record + 12, kOrder)};
  if (length_order_ == LengthOrder::CapturedFirst) [[likely]]
    return found;
  if (length_order_ == LengthOrder::WireFirst || found.captured > found.wire)
    std::swap(found.captured, found.wire);
  return found;
}

/// Both fields are unsigned 32-bit numbers, so the sum fits into 64 bits.
template <ByteOrder kOrder>
inline Timestamp ClassicPcap::time(const std::uint8_t* record) const {
  const std::int64_t seconds = load_u32(record, kOrder);
  const std::int64_t fraction = load_u32(record + 4, kOrder);
  return timestamp_from_ns(seconds * 1'000'000'000 + fraction * fraction_ns_);
}

template <ByteOrder kOrder>
std::size_t ClassicPcap::walk_records(RecordBuffer& buffer, std::span<Packet> out) {
  const std::uint8_t* at = buffer.begin();
  const std::uint8_t* const end = buffer.end();
  std::size_t count = 0;
  while (count < out.size() && static_cast<std::size_t>(end - at) >= record_header_) {
    const Lengths found = lengths<kOrder>(at);
    if (found.captured > limit_) [[unlikely]] {
      stop(fmt::format(
          "the packet record at byte {} claims {} captured bytes, more than any packet has",
          buffer.offset() + static_cast<std::size_t>(at - buffer.begin()), found.captured));
      break;
    }
    if (found.captured == 0 && is_no_packet(at)) [[unlikely]]
      break;
    const std::size_t size = record_header_ + found.captured;
    if (static_cast<std::size_t>(end - at) < size) break;
    out[count++] = {time<kOrder>(at),
                    at + record_header_,
                    std::min(found.captured, snap_length_),
                    found.wire,
                    link_,
                    interface_};
    at += size;
  }
  buffer.consume(static_cast<std::size_t>(at - buffer.begin()));
  return count;
}

std::size_t ClassicPcap::walk(RecordBuffer& buffer, std::span<Packet> out) {
  std::size_t count = 0;
  while (!stopped_) {
    const std::span<Packet> rest = out.subspan(count);
    const std::size_t found = order_ == ByteOrder::Same
                                  ? walk_records<ByteOrder::Same>(buffer, rest)
                                  : walk_records<ByteOrder::Swapped>(buffer, rest);
    if (found > 0) end_zeros();
    count += found;
    if (count == out.size() || !begin_next_capture(buffer)) break;
  }
  return count;
}

std::uint32_t ClassicPcap::captured_of(const std::uint8_t* record) const {
  return order_ == ByteOrder::Same ? lengths<ByteOrder::Same>(record).captured
                                   : lengths<ByteOrder::Swapped>(record).captured;
}

/// True if `record` is not a packet but the beginning of a file header, or zeros. REQUIRES: 16
/// readable bytes.
bool ClassicPcap::is_no_packet(const std::uint8_t* record) {
  if (recognizes(record)) {
    const ByteOrder order =
        is_magic(load_u32(record, ByteOrder::Same)) ? ByteOrder::Same : ByteOrder::Swapped;
    return load_u16(record + 4, order) == 2 && load_u16(record + 6, order) <= 4;
  }
  return is_zero(record, record + 16);
}

/// Reads the header of another capture at the front of the buffer, or skips zeros. False if there
/// is neither, or not all of the header.
bool ClassicPcap::begin_next_capture(RecordBuffer& buffer) {
  if (stopped_ || buffer.size() < record_header_) return false;
  // A packet whose time resembles a file header has bytes, which may not be in the buffer yet.
  if (captured_of(buffer.begin()) != 0 || !is_no_packet(buffer.begin())) return false;
  if (!recognizes(buffer.begin())) {
    skip_zeros(buffer);
    return true;
  }
  if (buffer.size() < kHeaderSize) return false;
  const auto next =
      std::min<std::size_t>(interfaces_.size(), kMaxInterfaces - 1u - first_interface_);
  const auto number = static_cast<std::uint16_t>(first_interface_ + next);
  Result<ClassicPcap> parsed = parse(buffer.begin(), number);
  if (!parsed) return stop(parsed.error().message), false;
  end_zeros();
  std::vector<InterfaceInfo> interfaces = std::move(interfaces_);
  const InterfaceInfo& added = parsed->interfaces_.front();
  const InterfaceInfo& last = interfaces.back();
  if (added.link_number == last.link_number && added.snap_length == last.snap_length) {
    parsed->interface_ = interface_;
  } else if (interfaces.size() == next) {
    interfaces.push_back(added);
  }
  parsed->interfaces_ = std::move(interfaces);
  parsed->first_interface_ = first_interface_;
  parsed->damage_ = std::move(damage_);
  *this = std::move(*parsed);
  record_damage(
      fmt::format("another capture begins at byte {}, in the middle of the file", buffer.offset()));
  buffer.consume(kHeaderSize);
  return true;
}

/// A record header of zeros is a packet of 1970 without bytes, which no program writes. A crash
/// leaves zeros at the end of a file, or between packets if the file is written further.
void ClassicPcap::skip_zeros(RecordBuffer& buffer) {
  if (damage_.zeros_end == 0) {
    damage_.before_zeros = damage_.text;
    damage_.zeros_begin = buffer.offset();
    record_damage(
        fmt::format("zeros follow the last packet record, from byte {} on", damage_.zeros_begin));
  }
  do {
    buffer.consume(record_header_);
  } while (buffer.size() >= record_header_ && is_zero(buffer.begin(), buffer.begin() + 16));
  damage_.zeros_end = buffer.offset();
}

/// More records follow the zeros.
void ClassicPcap::end_zeros() {
  if (damage_.zeros_end == 0) return;
  const std::uint64_t end = std::exchange(damage_.zeros_end, 0);
  damage_.text = std::move(damage_.before_zeros);
  record_damage(fmt::format("zeros between two packet records were skipped, from byte {} to {}",
                            damage_.zeros_begin, end - 1));
}

void ClassicPcap::record_damage(std::string damage) {
  if (damage_.text.empty()) damage_.text = std::move(damage);
}

void ClassicPcap::stop(std::string damage) {
  end_zeros();
  damage_.text = damage_.text.empty() ? std::move(damage) : damage_.text + "; " + damage;
  stopped_ = true;
}

std::string ClassicPcap::describe_tail(const RecordBuffer& buffer) const {
  if (damage_.zeros_end != 0 && is_zero(buffer.begin(), buffer.end())) return {};
  if (buffer.size() < record_header_) {
    return fmt::format("the packet record at byte {} is cut off after {} of its {} header bytes",
                       buffer.offset(), buffer.size(), record_header_);
  }
  return fmt::format("the packet record at byte {} is cut off after {} of {} bytes",
                     buffer.offset(), buffer.size(), record_header_ + captured_of(buffer.begin()));
}

}  // namespace synfin
