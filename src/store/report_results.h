/// \file
/// StoreReport: the figures of a report, as queried from a store.
///
/// Counts are exact, also those of distinct addresses. Percentiles of handshake times are the
/// middles of the steps of handshake_steps.h. Not computed: idle timers, ports that run out, and
/// shifts of handshake times, which need single connections instead of sums.
/// Tested by a server, in tests/store/queries.py.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "store/sensor_results.h"
#include "store/store_session.h"
#include "synfin/base/capture_info.h"
#include "synfin/enrich/address_book.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// Rows of each table in JSON and CSV, and the most in any format.
inline constexpr std::size_t kMaxReportRows = 1000;

struct StoreReport {
  CaptureInfo capture;
  SummaryData data;
  std::vector<std::pair<Address, LoggedAddress>> about;  ///< what sensors knew of addresses
  std::vector<SensorRow> sensors;
};

/// Runs all queries. Fails with the first error of the server.
Result<StoreReport> query_report(StoreSession& session, const Scope& scope);

}  // namespace synfin
