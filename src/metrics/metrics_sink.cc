// See metrics_sink.h.
#include "synfin/metrics/metrics_sink.h"

#include <fmt/format.h>

#include <utility>

#include "metrics/event_counts.h"
#include "metrics/http_endpoint.h"
#include "metrics/metrics_text.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/wall_clock.h"

namespace synfin {

struct MetricsSink::Impl {
  EventCounts counts{PortNames{}};
  std::unique_ptr<HttpEndpoint> endpoint;  ///< last, because its thread reads the counts
};

MetricsSink::MetricsSink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsSink::~MetricsSink() = default;

Result<std::unique_ptr<MetricsSink>> MetricsSink::start(MetricsSocket socket, const Gauges& gauges,
                                                        MetricsInfo info) {
  auto impl = std::make_unique<Impl>();
  auto endpoint = HttpEndpoint::start(
      std::move(socket.descriptor),
      [&counts = impl->counts, &gauges, info = std::move(info), started = wall_clock()](
          MetricFormat format) { return metrics_text(format, info, gauges, counts, started); });
  if (!endpoint) return endpoint.error();
  impl->endpoint = std::move(*endpoint);
  log(LogLevel::Info, fmt::format("metrics are served at {}", socket.url));
  return std::unique_ptr<MetricsSink>(new MetricsSink(std::move(impl)));
}

void MetricsSink::on_plain_events(std::span<const Event> events) { impl_->counts.count(events); }

Status MetricsSink::finish(const CaptureInfo& /*capture*/) {
  impl_->endpoint.reset();
  return Ok{};
}

}  // namespace synfin
