/// \file
/// How a filter file is read. Tested in tests/unit/filter/address_file_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace synfin {

/// An IPv4 address at the front of a text.
struct LeadingV4 {
  std::uint32_t address = 0;
  std::size_t length = 0;  ///< of its text
};

/// Bytes that must be readable before and behind the text of leading_v4().
inline constexpr std::size_t kV4Margin = 16;

/// Reads a dotted quad without leading zeros that begins at `text` and ends before a byte that is
/// neither a digit nor a dot. Takes no branch that depends on the digits, because those of a list
/// are random. REQUIRES: kV4Margin bytes before and behind `text` are readable.
std::optional<LeadingV4> leading_v4(const char* text);

}  // namespace synfin
