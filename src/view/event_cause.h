/// \file
/// The cause of an event in words: "by RST, after 12 ms, ttl 64".
/// Tested in tests/unit/view/event_cause_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/track/event.h"

namespace synfin {

/// The phrases of the last column of an event line, the most important first: cause, times and
/// sizes. They contain no text from the wire, so they need no escaping.
std::vector<std::string> event_phrases(const Event& event, bool unicode);

/// The phrases in one text, or empty.
std::string describe_event(const Event& event, bool unicode);

/// Why the connection failed or ended early, with the evidence: "by RST, after 12 ms, ttl 64".
/// Empty if it did neither.
std::string describe_cause(const Event& event);

/// "at least " if the byte counts of the record are a lower bound, or empty.
std::string_view bytes_bound(const ConnectionRecord& record);

}  // namespace synfin
