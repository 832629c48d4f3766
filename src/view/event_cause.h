/// \file
/// What an event was about, in words: "refused by RST after 12 ms, ttl 64".
/// Tested in tests/unit/view/event_lines_test.cc.
#pragma once

#include <string>

#include "synfin/track/event.h"

namespace synfin {

/// The last column of an event line: sizes, times, who and why. Empty where there is nothing to
/// say. Holds nothing that came from the wire as text.
std::string describe_event(const Event& event, bool unicode);

}  // namespace synfin
