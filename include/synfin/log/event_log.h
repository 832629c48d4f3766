/// \file
/// --events FILE: every event as one line of JSON, with the connection's uid, as it happens.
#pragma once

#include <string>

#include "synfin/track/event.h"

namespace synfin {

/// Appends one NDJSON line. Keys: ts event uid id.orig_h id.orig_p id.resp_h id.resp_p side conn_state outcome history
/// duration orig_bytes resp_bytes …; what is not known is absent.
void append_event_json(std::string& out, const Event& event);

}  // namespace synfin
