/// \file
/// MetricsSink: counts events and serves the figures of the run to Prometheus.
///
///     Event[] → EventCounts ┐
///     Gauges ───────────────┴→ MetricText ← HttpEndpoint (its own thread) ← GET /metrics
///
/// Counts are handed to the serving thread as relaxed atomics, so that counting never waits. Spec:
/// OpenMetrics 1.0 and the Prometheus text format 0.0.4. Tested in
/// tests/unit/metrics/metrics_sink_test.cc and tests/check/metrics.py.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "synfin/base/gauges.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/metrics/metrics_options.h"

namespace synfin {

/// What does not change while the run lasts.
struct MetricsInfo {
  std::vector<std::string> sources;  ///< interfaces or files, as given
  std::uint64_t table_slots = 0;     ///< TableOptions::max_connections
  bool live = false;
};

class MetricsSink final : public EventSink {
 public:
  /// Serves on `socket` until finish(). `gauges` must outlive the sink. REQUIRES: the calling
  /// thread has not entered a role of the sandbox, because the thread that serves inherits it.
  static Result<std::unique_ptr<MetricsSink>> start(MetricsSocket socket, const Gauges& gauges,
                                                    MetricsInfo info);
  ~MetricsSink() override;

  std::string_view name() const override { return "metrics"; }
  EventMask wanted() const override { return EventMask::all(); }
  EventMask annotated() const override { return {}; }
  EventDelivery delivery() const override { return EventDelivery::Counting; }
  void on_events(std::span<const AnnotatedEvent> /*events*/) override {}
  void on_plain_events(std::span<const Event> events) override;
  Status finish(const CaptureInfo& capture) override;

 private:
  struct Impl;
  explicit MetricsSink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
