/// \file
/// What one paired connection adds to the totals of a PathReport.
#pragma once

#include "path/analysis.h"

namespace synfin {

/// Adds the connection to `report`. Returns true if it has differences.
bool add_connection(const PathConnection& connection, PathReport& report);

}  // namespace synfin
