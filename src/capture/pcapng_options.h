/// \file
/// The options of pcapng blocks that the reader uses.
///
/// Spec: draft-ietf-opsawg-pcapng, sections "Options", "Interface Description Block", "Interface
/// Statistics Block". A malformed option ends the list; the options before it are used. Tested in
/// tests/unit/capture/pcapng_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/byte_order.h"
#include "synfin/base/packet_scope.h"

namespace synfin {

struct PcapngInterfaceOptions {
  std::string name;                      ///< if_name; bytes from a file, not escaped
  std::uint8_t resolution = 6;           ///< if_tsresol: microseconds if absent
  std::int64_t offset_seconds = 0;       ///< if_tsoffset
  PacketScope scope = PacketScope::All;  ///< Control if synfin's comment is present
};

/// Reads the options of an interface description. `options` excludes the fixed part and the
/// trailing length.
PcapngInterfaceOptions read_interface_options(std::span<const std::uint8_t> options,
                                              ByteOrder order);

struct PcapngStatistics {
  std::uint64_t dropped_interface = 0;  ///< isb_ifdrop
  std::uint64_t dropped_kernel = 0;     ///< isb_osdrop
};

/// The packets lost before an enhanced packet (epb_dropcount), from the options of its block.
std::uint64_t read_drop_count(std::span<const std::uint8_t> options, ByteOrder order);

/// Reads the options of an interface statistics block.
PcapngStatistics read_statistics_options(std::span<const std::uint8_t> options, ByteOrder order);

}  // namespace synfin
