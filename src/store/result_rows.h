/// \file
/// Reads rows of a result as rows of a report, for report_results.cc. ReportQueries describes the
/// order of the fields.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "store/store_session.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// The value with this number; the first one if there is none. REQUIRES: `Enum` has the values from
/// 0 to `count` - 1.
template <typename Enum>
Enum enum_of(std::int64_t number, int count) {
  return static_cast<Enum>(number >= 0 && number < count ? number : 0);
}

/// Reads the counts of a tally in their order, each limited to what its type can hold.
template <typename Tally>
Tally tally_of(ResultRow& row) {
  typename Tally::Counts counts{};
  for (auto& count : counts)
    count = static_cast<typename Tally::Counts::value_type>(
        std::min<std::uint64_t>(row.number(), static_cast<typename Tally::Counts::value_type>(-1)));
  return Tally::of(counts);
}

RttQuantiles quantiles_of(ResultRow& row);
/// Type and code, from type × 256 + code.
std::pair<std::uint8_t, std::uint8_t> icmp_error_of(ResultRow& row);
Endpoint service_of(ResultRow& row);
EdgeRow edge_of(ResultRow& row);
ScannerRow scanner_of(ResultRow& row);
FailureRow failure_of(ResultRow& row);
ConnectionRow connection_of(ResultRow& row);
/// A row of the countries, or with `network` of the networks.
GeoRow geo_of(ResultRow& row, bool network);

}  // namespace synfin
