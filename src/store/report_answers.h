/// \file
/// ReportAnswers: the figures of a report, as a store answers them.
///
/// Counts are exact. Percentiles of handshake times come from t-digests, whose error is within two
/// percent of rank in the middle and less at the ends. Not computed: idle timers, ports that run
/// out, and shifts of handshake times, which need the connections themselves.
/// Tested by a server, in tests/store/questions.py.
#pragma once

#include <cstddef>

#include "store/question.h"
#include "synfin/base/capture_info.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// Rows of each table in JSON and CSV, and the most in any format.
inline constexpr std::size_t kMaxReportRows = 1000;

struct ReportAnswers {
  CaptureInfo capture;
  SummaryData data;
};

/// Asks for all of it. Fails with the first sentence of the server.
Result<ReportAnswers> ask_for_report(Asker& asker, const Scope& scope);

/// The same with at most `rows` rows in each table (0 = all).
SummaryData first_rows(const SummaryData& data, std::size_t rows);

}  // namespace synfin
