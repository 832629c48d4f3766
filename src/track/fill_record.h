/// \file
/// fill_record(): derives a ConnectionRecord from a connection's slot.
///
/// Specs: conn_state as Zeek's scripts/base/protocols/conn/main.zeek documents it; RFC 9293 §3.4
/// for byte counts. Tested in tests/unit/track/fill_record_test.cc.
#pragma once

#include <optional>

#include "synfin/track/connection_table.h"
#include "track/slot.h"

namespace synfin {

/// What a record needs besides the slot.
struct RecordContext {
  PacketScope scope = PacketScope::All;
  bool evicted = false;
  bool reused = false;
  std::optional<Timestamp> end_of_input{};  ///< set by drain(): a recent SYN is then pending
};

/// A SYN younger than this at the end of input is pending, not unanswered.
inline constexpr Duration kPendingAge = std::chrono::seconds{3};

/// Fills `out` completely. `detail` may be null.
void fill_record(const Slot& slot, const Detail* detail, const Encapsulation& encapsulation,
                 const RecordContext& context, ConnectionRecord& out);

}  // namespace synfin
