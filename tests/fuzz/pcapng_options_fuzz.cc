/// \file
/// Reads arbitrary bytes as the options of pcapng blocks: of interfaces, packets and statistics.
#include "capture/pcapng_options.h"
#include "capture/time_scale.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  fuzz::Bytes rest(data, size);
  std::uint64_t ticks = 0;
  for (const std::uint8_t byte : fuzz::take(rest, 8)) ticks = ticks << 8 | byte;
  for (const ByteOrder order : {ByteOrder::Same, ByteOrder::Swapped}) {
    const PcapngInterfaceOptions interface = read_interface_options(rest, order);
    require(interface.name.size() <= rest.size(), "a name is part of the options");
    const TimeScale scale(interface.resolution, interface.offset_seconds);
    require(scale(ticks) <= scale(UINT64_MAX), "more ticks are no earlier time");
    require(scale(0) <= scale(ticks), "more ticks are no earlier time");
    (void)read_drop_count(rest, order);
    (void)read_statistics_options(rest, order);
  }
  return 0;
}
