/// \file
/// The options about names, countries, processes and filtering.
/// Tested in tests/unit/app/options_names_test.cc.
#pragma once

#include <vector>

#include "synfin/enrich/enrichment_options.h"
#include "synfin/filter/connection_filter.h"

namespace synfin {

struct OptionRow;

/// Rows of the option table (option_table.h). The targets must outlive them.
std::vector<OptionRow> filtering_rows(FilterOptions& filters);
std::vector<OptionRow> enrichment_rows(EnrichmentOptions& settings);

}  // namespace synfin
