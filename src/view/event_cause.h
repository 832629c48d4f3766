/// \file
/// The cause of an event in words: "by RST, after 12 ms, ttl 64".
/// Tested in tests/unit/view/event_lines_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/track/event.h"

namespace synfin {

/// The phrases of the last column of an event line, the most important first: cause, times and
/// sizes. They contain no text from the wire, so they need no escaping.
std::vector<std::string> event_phrases(const Event& event, bool unicode);

/// The phrases in one text, or empty.
std::string describe_event(const Event& event, bool unicode);

/// The cause alone: "by originator". Empty if the event has none.
std::string describe_cause(const Event& event);

}  // namespace synfin
