/// \file
/// The state of a connection in netstat's words, as each of its ends would list it.
/// Tested in tests/unit/filter/show_expression_test.cc.
#pragma once

#include <string_view>

#include "synfin/track/connection.h"

namespace synfin {

/// "ESTABLISHED", "TIME_WAIT", …: what the packets of `record` prove about the socket of the
/// originator, or of the responder. "CLOSE" if that socket no longer exists.
std::string_view netstat_state(const ConnectionRecord& record, bool at_orig);

/// True if one end has sent a FIN and the other one has sent nothing, so that no FIN of it is
/// expected.
bool is_lone_fin(const ConnectionRecord& record);

}  // namespace synfin
