/// \file
/// Loads numbers from savefiles, which are in the byte order of the writing machine.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace synfin {

/// The byte order of a file or section, relative to this machine.
enum class ByteOrder : std::uint8_t { Same, Swapped };

inline constexpr ByteOrder kLittleEndian =
    std::endian::native == std::endian::little ? ByteOrder::Same : ByteOrder::Swapped;

/// Loads the number at `at`, which need not be aligned. REQUIRES: its bytes are readable.
inline std::uint16_t load_u16(const std::uint8_t* at, ByteOrder order) {
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return order == ByteOrder::Swapped ? __builtin_bswap16(value) : value;
}

inline std::uint32_t load_u32(const std::uint8_t* at, ByteOrder order) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return order == ByteOrder::Swapped ? __builtin_bswap32(value) : value;
}

inline std::uint64_t load_u64(const std::uint8_t* at, ByteOrder order) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return order == ByteOrder::Swapped ? __builtin_bswap64(value) : value;
}

}  // namespace synfin
