/// \file
/// What one connection adds to the totals of a PathReport.
#pragma once

#include "path/analysis.h"

namespace synfin {

/// Adds the connection to `report`. Returns true if it has differences.
bool add_connection(const PathConnection& connection, PathReport& report);

/// Adds one way of a connection to `totals`; `responder` is that of the client's capture. Returns
/// true if it has differences.
bool add_way(const WayResult& way, const Endpoint& responder, WayTotals& totals);

}  // namespace synfin
