/// \file
/// --events FILE: every event as one line of JSON, with the connection's uid, as it happens.
/// Tested in tests/unit/log/event_log_test.cc.
#pragma once

#include <string>

#include "synfin/track/event.h"

namespace synfin {

/// Appends one NDJSON line. Keys, in this order, with Zeek's names and meanings where Zeek has one;
/// what is not known is absent: ts event uid id.orig_h id.orig_p id.resp_h id.resp_p side
/// conn_state outcome history duration orig_bytes resp_bytes synack_rtt ack_rtt syn_retries
/// closed_by rst_basis vlan tunnel ttl icmp_type icmp_code evicted reused `ts` is the event's time,
/// `event` its kind in lower case; all else is the connection as it stands after the event.
void append_event_json(std::string& out, const Event& event);

}  // namespace synfin
