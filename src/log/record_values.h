/// \file
/// Values of a connection log from text, without allocation.
/// Tested in tests/unit/log/record_columns_test.cc.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include "synfin/base/address.h"
#include "synfin/base/time.h"

namespace synfin {

/// A whole number of decimal digits.
template <typename T>
bool read_number(std::string_view text, T& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && !text.empty();
}

/// Seconds with up to nine decimals ("1300475168.855330"), also negative or in exponent form as
/// Zeek's JSON may have them. Further decimals are cut off.
bool read_seconds(std::string_view text, Duration& out);

/// A time as seconds or milliseconds since the epoch, or as RFC 3339 in UTC: the three forms of
/// Zeek's JSON. Milliseconds are recognized by their size: as seconds they would be after 5138.
bool read_time(std::string_view text, Timestamp& out);

/// As Address::parse(), and fast for dotted quads.
bool read_address(std::string_view text, Address& out);

}  // namespace synfin
