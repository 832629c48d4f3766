/// \file
/// record_events(): the events that one record proves. Tested in
/// tests/unit/log/record_source_test.cc.
#pragma once

#include <cstddef>
#include <span>

#include "synfin/track/event.h"

namespace synfin {

/// The most events of one record.
inline constexpr std::size_t kMaxRecordEvents = 3;

/// Fills `out` from the front with those events of `record` whose kinds are in `wanted`, and
/// returns their number: the connection was opened, it ended, and the record. REQUIRES: out.size()
/// >= kMaxRecordEvents.
std::size_t record_events(const ConnectionRecord& record, EventMask wanted, std::span<Event> out);

}  // namespace synfin
