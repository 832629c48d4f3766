/// \file
/// One captured frame, its bytes lent by a PacketSource.
#pragma once

#include <cstdint>

#include "synfin/base/link_type.h"
#include "synfin/base/time.h"

namespace synfin {

/// The bytes at `data` belong to the source that handed the packet out and live until its next
/// call.
struct Packet {
  Timestamp time{};
  const std::uint8_t* data = nullptr;
  std::uint32_t caplen = 0;   ///< bytes readable at `data`
  std::uint32_t wirelen = 0;  ///< bytes that were on the wire; at least caplen in a sane capture
  LinkType link = LinkType::Unknown;
  std::uint16_t interface = 0;  ///< which interface of the source, counted from 0
  std::uint16_t source = 0;     ///< which source of a run that reads several, counted from 0
};

}  // namespace synfin
