/// \file
/// The event log (--events FILE): one line of JSON for each event, written when the event occurs.
/// Tested in tests/unit/log/event_log_test.cc.
#pragma once

#include <string>

#include "synfin/track/event.h"

namespace synfin {

/// Appends one line of NDJSON with these keys, in this order. Keys that Zeek has carry its names
/// and meanings; an unknown value is absent.
///
///     ts event uid id.orig_h id.orig_p id.resp_h id.resp_p side conn_state outcome history
///     duration orig_bytes resp_bytes synack_rtt ack_rtt syn_retries closed_by rst_basis vlan
///     tunnel ttl icmp_type icmp_code evicted reused
///
/// `ts` is the event's time and `event` its kind in lower case. The other keys describe the
/// connection after the event.
void append_event_json(std::string& out, const Event& event);

}  // namespace synfin
