/// \file
/// What conn_state and history of Zeek prove, for logs without synfin's own columns.
/// Tested in tests/unit/log/zeek_outcome_test.cc, and against Zeek's logs of reference captures in
/// tests/golden/oracle.py.
#pragma once

#include "synfin/track/connection.h"

namespace synfin {

/// Fills in outcome, direction_basis, closed_by and rst_basis from state and history.
///
/// Zeek does not log ICMP errors, so an unreachable host counts as unanswered, and a SYN at the end
/// of the input counts as unanswered, not as pending.
void derive_outcome(ConnectionRecord& record);

}  // namespace synfin
