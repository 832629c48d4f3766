/// \file
/// The ledger of each sensor, for a report from a store.
///
/// A live run stores its counters each minute; a run that reads files stores its ledger at its end,
/// under the time of its first connection. Tested by a server, in tests/store/queries.py.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/sql.h"
#include "store/store_session.h"
#include "synfin/report/document.h"

namespace synfin {

struct SensorRow {
  std::string name;  ///< hostile text
  std::uint64_t received = 0, decoded = 0, not_tcp = 0;
  std::uint64_t undecoded = 0;  ///< fragments, truncated, malformed, and of unsupported link types
  std::uint64_t dropped = 0;
  std::uint64_t log_records = 0;  ///< records of logs, which were read instead of packets
  std::uint64_t gaps = 0;         ///< times when packets were missing
  std::uint64_t unstored = 0;     ///< rows that the spool had no room for
};

/// Selects the fields of SensorRow in their order. Ignores ports and networks of the scope.
Sql sensors_query(const Scope& scope);
SensorRow sensor_of(ResultRow& row);
/// The table of a report about `sensors`.
Table sensors_table(const std::vector<SensorRow>& sensors);

}  // namespace synfin
