/// \file
/// Options that say who is who and what to hide. Tested in tests/unit/app/options_names_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/enrich/enrichment_options.h"
#include "synfin/filter/connection_filter.h"

namespace CLI {
class App;
}

namespace synfin {

/// Checks and takes over what was left as text. Returns what is wrong, a sentence; empty: nothing.
std::string set_name_values(EnrichmentOptions& settings);

void add_name_options(CLI::App& app, EnrichmentOptions& settings, FilterOptions& filters);

}  // namespace synfin
