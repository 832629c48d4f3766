/// \file
/// What an event was about, in words: "refused by RST after 12 ms, ttl 64".
/// Tested in tests/unit/view/event_lines_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "synfin/track/event.h"

namespace synfin {

/// The last column of an event line: sizes, times, who and why. Empty where there is nothing to
/// say. Holds nothing that came from the wire as text.
std::string describe_event(const Event& event, bool unicode);

/// "512 B", "34.0 KiB", "1.5 GiB".
std::string format_size(std::uint64_t bytes);

/// What an ICMP error said of its destination (RFC 792, RFC 1812 §5.2.7, RFC 4443 §3): "host
/// unreachable".
std::string_view icmp_words(bool v6, std::uint8_t type, std::uint8_t code);

}  // namespace synfin
