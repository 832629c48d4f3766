/// \file
/// The tables that materialized views fill from the rows of connections, and their SELECTs.
///
///     rows of connections ─→ GROUP BY keys ─→ sums and states
///
/// `minutes`, `days` and `traffic` are aggregates. `extremes` has no sums: it keeps the few
/// connections that were among the longest or the largest ones of their run and day when they were
/// recorded (see notable.h). Tested in tests/unit/store/schema_test.cc and, by a server, in
/// tests/store/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/columns.h"

namespace synfin {

/// The aggregates. A row of each belongs to one stream, and `last_batch` is its last batch.
inline constexpr std::string_view kAggregates[] = {"minutes", "days", "traffic"};

/// The connections that can be the longest or the largest. A repeated row replaces itself.
inline constexpr std::string_view kExtremes = "extremes";

/// The columns of an aggregate: the day, the other keys, then sums and states.
std::vector<StoreColumn> aggregate_columns(std::string_view aggregate);
/// The key of the table: rows that are equal in it are summed.
std::string aggregate_order(std::string_view aggregate);
/// The SELECT that aggregates rows. `from`: a table and conditions, "connections WHERE …".
std::string aggregate_select(std::string_view aggregate, std::string_view from);

/// The columns of `extremes`, which are columns of `connections`.
std::vector<StoreColumn> extreme_columns();
/// The SELECT that chooses the rows of `extremes`.
/// REQUIRES: `from` has no conditions, or ends with one.
std::string extremes_select(std::string_view from, bool has_conditions);

/// "ts, sensor, …"
std::string names_of(const std::vector<StoreColumn>& columns);

}  // namespace synfin
