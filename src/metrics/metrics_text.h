/// \file
/// metrics_text(): all metrics of a run as text. synfin-export(7), METRICS, describes them.
#pragma once

#include <string>
#include <string_view>

#include "metrics/event_counts.h"
#include "metrics/metric_text.h"
#include "synfin/base/gauges.h"
#include "synfin/base/time.h"
#include "synfin/metrics/metrics_sink.h"

namespace synfin {

/// `started` is the wall-clock time of the start of the run. Each gauge is read once, but not all
/// at the same moment.
std::string metrics_text(MetricFormat format, const MetricsInfo& info, const Gauges& gauges,
                         const EventCounts& counts, Timestamp started);

}  // namespace synfin
