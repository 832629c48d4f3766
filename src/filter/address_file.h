/// \file
/// How a filter file is read. Tested in tests/unit/filter/address_file_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "synfin/base/address.h"

namespace synfin {

/// An IPv4 address at the front of a text.
struct LeadingV4 {
  std::uint32_t address = 0;
  std::size_t length = 0;  ///< of its text
};

/// Bytes that must be readable before and behind the text of leading_v4() and leading_v6().
inline constexpr std::size_t kMargin = 48;

/// Reads a dotted quad without leading zeros that begins at `text` and ends before a byte that is
/// neither a digit nor a dot. Takes no branch that depends on the digits, because those of a list
/// are random. REQUIRES: kMargin bytes before and behind `text` are readable.
std::optional<LeadingV4> leading_v4(const char* text);

/// An IPv6 address at the front of a text.
struct LeadingV6 {
  Address address;
  std::size_t length = 0;  ///< of its text
};

/// Reads hexadecimal groups, with at most one "::", as far as they go. Returns nothing if they are
/// no address. An address with a dotted quad ends before its first dot, so that it is wrong or too
/// short: look at the character behind it. REQUIRES: kMargin bytes before and behind `text` are
/// readable.
std::optional<LeadingV6> leading_v6(const char* text);

}  // namespace synfin
