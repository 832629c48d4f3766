/// \file
/// Totals of countries and networks, summed over the hosts of a Summary.
///
/// Computed when a report is made, by one lookup per host, so that counting packets costs nothing.
/// Tested in tests/unit/report/geo_totals_test.cc.
#pragma once

#include <span>

#include "report/summary_entries.h"
#include "synfin/enrich/address_book.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// Sets data.countries and data.networks to the `top` largest (0 = all).
void add_geo_totals(SummaryData& data, std::span<const AddressEntry> hosts, AddressBook& book,
                    std::size_t top);

}  // namespace synfin
