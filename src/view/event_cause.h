/// \file
/// The cause of an event in words: "refused by RST after 12 ms, ttl 64".
/// Tested in tests/unit/view/event_lines_test.cc.
#pragma once

#include <string>

#include "synfin/track/event.h"

namespace synfin {

/// The last column of an event line: cause, times and sizes, or empty. Contains no text from the
/// wire, so it needs no escaping.
std::string describe_event(const Event& event, bool unicode);

/// The cause alone: "closed by originator". Empty if the event has none.
std::string describe_cause(const Event& event);

}  // namespace synfin
