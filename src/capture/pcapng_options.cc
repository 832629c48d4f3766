// See pcapng_options.h.
#include "capture/pcapng_options.h"

#include <algorithm>

#include "capture/pcapng_format.h"
#include "synfin/capture/pcapng_writer.h"

namespace synfin {
namespace {

using namespace pcapng;

/// Calls `found(code, value)` for each complete option.
template <typename Found>
void for_each_option(std::span<const std::uint8_t> options, ByteOrder order, Found found) {
  while (options.size() >= 4) {
    const std::uint16_t code = load_u16(options.data(), order);
    const std::size_t size = load_u16(options.data() + 2, order);
    const std::size_t padded = (size + 3) / 4 * 4;
    options = options.subspan(4);
    if (code == kEndOfOptions || size > options.size()) return;
    found(code, options.first(size));
    options = options.subspan(std::min(padded, options.size()));
  }
}

/// The text of a string option, which may end in a zero byte. Long texts are cut, because they are
/// stored for each interface.
std::string text(std::span<const std::uint8_t> value) {
  constexpr std::size_t kMaxText = 255;
  value = value.first(std::min(value.size(), kMaxText));
  return {value.begin(), std::find(value.begin(), value.end(), std::uint8_t{0})};
}

}  // namespace

PcapngInterfaceOptions read_interface_options(std::span<const std::uint8_t> options,
                                              ByteOrder order) {
  PcapngInterfaceOptions read;
  for_each_option(options, order, [&](std::uint16_t code, std::span<const std::uint8_t> value) {
    if (code == kComment && text(value) == kControlOnlyComment) read.scope = PacketScope::Control;
    if (code == kInterfaceName) read.name = text(value);
    if (code == kTimeResolution && value.size() == 1) read.resolution = value[0];
    if (code == kTimeOffset && value.size() == 8) {
      read.offset_seconds = static_cast<std::int64_t>(load_u64(value.data(), order));
    }
  });
  return read;
}

std::uint64_t read_drop_count(std::span<const std::uint8_t> options, ByteOrder order) {
  std::uint64_t dropped = 0;
  for_each_option(options, order, [&](std::uint16_t code, std::span<const std::uint8_t> value) {
    if (code == kPacketDropCount && value.size() == 8) dropped = load_u64(value.data(), order);
  });
  return dropped;
}

PcapngStatistics read_statistics_options(std::span<const std::uint8_t> options, ByteOrder order) {
  PcapngStatistics read;
  for_each_option(options, order, [&](std::uint16_t code, std::span<const std::uint8_t> value) {
    if (value.size() != 8) return;
    if (code == kStatisticsIfDrop) read.dropped_interface = load_u64(value.data(), order);
    if (code == kStatisticsOsDrop) read.dropped_kernel = load_u64(value.data(), order);
  });
  return read;
}

}  // namespace synfin
