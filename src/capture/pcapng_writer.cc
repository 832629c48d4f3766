// See pcapng_writer.h.
#include "synfin/capture/pcapng_writer.h"

#include <algorithm>
#include <cstring>

#include "capture/pcapng_format.h"

namespace synfin {
namespace {

using namespace pcapng;

constexpr std::size_t kMaxOption = 0xFFFF;

template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

void pad(std::string& out, std::size_t size) { out.append((4 - size % 4) % 4, '\0'); }

/// A block; the destructor writes its length.
class Block {
 public:
  Block(std::string& out, std::uint32_t type) : out_(out), begin_(out.size()) {
    put(out, type);
    put(out, std::uint32_t{0});
  }
  ~Block() {
    const auto size = static_cast<std::uint32_t>(out_.size() - begin_ + 4);
    put(out_, size);
    for (std::size_t i = 0; i < 4; ++i) out_[begin_ + 4 + i] = static_cast<char>(size >> (8 * i));
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  void option(std::uint16_t code, std::string_view value) {
    if (value.empty()) return;
    value = value.substr(0, kMaxOption);
    put(out_, code);
    put(out_, static_cast<std::uint16_t>(value.size()));
    out_ += value;
    pad(out_, value.size());
  }
  void option(std::uint16_t code, std::uint64_t value) {
    put(out_, code);
    put(out_, std::uint16_t{8});
    put(out_, value);
  }
  void end_options() { put(out_, std::uint32_t{kEndOfOptions}); }

 private:
  std::string& out_;
  std::size_t begin_;
};

void put_time(std::string& out, Timestamp time) {
  const auto ns = static_cast<std::uint64_t>(to_ns(time));
  put(out, static_cast<std::uint32_t>(ns >> 32));
  put(out, static_cast<std::uint32_t>(ns));
}

}  // namespace

void PcapngWriter::begin(std::string& out) {
  numbers_.clear();
  described_ = 0;
  Block block(out, kSectionHeader);
  put(out, kByteOrderMagic);
  put(out, std::uint16_t{1});
  put(out, std::uint16_t{0});
  put(out, std::uint64_t{0xFFFFFFFFFFFFFFFF});  // the length of the section is unknown
  block.option(kUserApplication, about_.program);
  block.end_options();
}

void PcapngWriter::describe(std::string& out, const InterfaceInfo& interface) {
  Block block(out, kInterfaceDescription);
  put(out, interface.link_number);
  put(out, std::uint16_t{0});
  put(out, interface.snap_length);
  if (about_.scope == PacketScope::Control) block.option(kComment, kControlOnlyComment);
  block.option(kInterfaceName, interface.name);
  block.option(kTimeResolution, std::string_view("\x09", 1));
  if (!about_.filter.empty()) block.option(kInterfaceFilter, std::string(1, '\0') + about_.filter);
  block.end_options();
}

bool PcapngWriter::describe_interface(std::string& out, const Packet& packet,
                                      std::span<const InterfaceInfo> interfaces) {
  if (numbers_.size() <= packet.interface) numbers_.resize(packet.interface + std::size_t{1}, 0);
  std::uint32_t& number = numbers_[packet.interface];
  if (number != 0) return false;
  describe(out, interfaces[packet.interface]);
  number = ++described_;
  return true;
}

void PcapngWriter::append(std::string& out, const Packet& packet,
                          std::span<const InterfaceInfo> interfaces) {
  (void)describe_interface(out, packet, interfaces);
  Block block(out, kEnhancedPacket);
  put(out, numbers_[packet.interface] - 1);
  put_time(out, packet.time);
  put(out, packet.caplen);
  put(out, packet.wirelen);
  out.append(reinterpret_cast<const char*>(packet.data), packet.caplen);
  pad(out, packet.caplen);
}

void PcapngWriter::end(std::string& out, const DropCounters& dropped, Timestamp now) {
  if (described_ == 0) return;
  Block block(out, kInterfaceStatistics);
  put(out, std::uint32_t{0});
  put_time(out, now);
  block.option(kStatisticsIfDrop, dropped.interface);
  block.option(kStatisticsOsDrop, dropped.kernel);
  block.end_options();
}

}  // namespace synfin
