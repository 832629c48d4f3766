/// \file
/// Packet: one captured frame. The PacketSource owns its bytes.
#pragma once

#include <cstdint>

#include "synfin/base/link_type.h"
#include "synfin/base/time.h"

namespace synfin {

/// The bytes at `data` are valid until the next call of the source that returned the packet.
struct Packet {
  Timestamp time{};
  const std::uint8_t* data = nullptr;
  std::uint32_t caplen = 0;  ///< bytes readable at `data`
  /// Bytes on the wire; less than caplen only if the capture is damaged.
  std::uint32_t wirelen = 0;
  LinkType link = LinkType::Unknown;
  std::uint16_t interface = 0;  ///< index of the interface within the source
  std::uint16_t source = 0;     ///< index of the source within the run
};

}  // namespace synfin
