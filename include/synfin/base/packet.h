/// \file
/// One captured frame, its bytes lent by a PacketSource.
#pragma once

#include <cstdint>

#include "synfin/base/link_type.h"
#include "synfin/base/time.h"

namespace synfin {

/// Packet::interface is the number of the source, shifted, and the interface within it. Past 64 sources numbers repeat,
/// which only matters to telling copies.
inline constexpr unsigned kSourceShift = 10;

/// The bytes at `data` belong to the source that handed the packet out and live until its next call.
struct Packet {
  Timestamp time{};
  const std::uint8_t* data = nullptr;
  std::uint32_t caplen = 0;   ///< bytes readable at `data`
  std::uint32_t wirelen = 0;  ///< bytes that were on the wire; at least caplen in a sane capture
  LinkType link = LinkType::Unknown;
  std::uint16_t interface = 0;  ///< source << kSourceShift | interface within it
};

}  // namespace synfin
