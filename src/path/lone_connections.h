/// \file
/// Connections that only one of the captures shows.
#pragma once

#include <vector>

#include "path/analysis.h"

namespace synfin {

/// Judges those of `matches.only` that took place in the overlap and should have passed both
/// points, because a host at the other point takes part in them. `orig_way` belongs to
/// `matches.pairs`. REQUIRES: report.overlap.
void judge_lone_connections(const Trace& client, const Trace& server, const MatchResult& matches,
                            const std::vector<Way>& orig_way, PathReport& report);

}  // namespace synfin
