/// \file
/// Countries and networks of a report: the hosts of the summary, summed by where they are.
///
/// Counted when the report is made, from one look-up for each host, so that the packets pay
/// nothing. Tested in tests/unit/report/places_test.cc.
#pragma once

#include <span>

#include "report/summary_entries.h"
#include "synfin/enrich/address_book.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// Sets data.countries and data.networks to the `top` greatest (0 = all).
void add_places(SummaryData& data, std::span<const HostEntry> hosts, AddressBook& book,
                std::size_t top);

}  // namespace synfin
