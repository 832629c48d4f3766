/// \file
/// Numbers of the pcapng format (draft-ietf-opsawg-pcapng): block types, and codes of options.
#pragma once

#include <cstdint>

namespace synfin::pcapng {

// Block types.
inline constexpr std::uint32_t kSectionHeader =
    0x0A0D0D0A;  // it reads the same in both byte orders
inline constexpr std::uint32_t kInterfaceDescription = 1;
inline constexpr std::uint32_t kObsoletePacket = 2;
inline constexpr std::uint32_t kSimplePacket = 3;
inline constexpr std::uint32_t kInterfaceStatistics = 5;
inline constexpr std::uint32_t kEnhancedPacket = 6;

inline constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;

// Options of every block.
inline constexpr std::uint16_t kEndOfOptions = 0;
inline constexpr std::uint16_t kComment = 1;
// Of a section header.
inline constexpr std::uint16_t kUserApplication = 4;
// Of an interface description.
inline constexpr std::uint16_t kInterfaceName = 2;
inline constexpr std::uint16_t kTimeResolution = 9;
inline constexpr std::uint16_t kInterfaceFilter = 11;
inline constexpr std::uint16_t kTimeOffset = 14;
// Of an enhanced packet.
inline constexpr std::uint16_t kPacketDropCount = 4;
// Of interface statistics.
inline constexpr std::uint16_t kStatisticsIfDrop = 5;
inline constexpr std::uint16_t kStatisticsOsDrop = 7;

}  // namespace synfin::pcapng
