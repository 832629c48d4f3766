// See metrics_text.h.
#include "metrics/metrics_text.h"

#include <fmt/format.h>
#include <time.h>

#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace synfin {
namespace {

/// More sources than this are not listed.
constexpr std::size_t kMaxSources = 32;

std::uint64_t value(const std::atomic<std::uint64_t>& gauge) {
  return gauge.load(std::memory_order_relaxed);
}

/// "half-open" for "HALF-OPEN".
std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

void put_run(MetricText& text, const MetricsInfo& info, Timestamp started) {
  text.family("synfin_build", MetricType::Info, "The version of synfin.");
  text.sample({{"version", SYNFIN_VERSION}}, std::uint64_t{1});
  text.family("synfin_source", MetricType::Info, "An interface or a file that packets come from.");
  std::set<std::string> labels;  // long names may be equal once they are shortened
  for (const std::string& source : info.sources) {
    std::string label;
    append_label_value(label, source);
    if (labels.size() < kMaxSources && labels.insert(std::move(label)).second)
      text.sample({{"source", source}}, std::uint64_t{1});
  }
  text.family("process_start_time_seconds", MetricType::Gauge,
              "When the run began, in seconds since the epoch.");
  text.sample({}, static_cast<double>(to_ns(started)) / 1e9);
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  text.family("process_cpu_seconds", MetricType::Counter,
              "Processor time of the process that reads packets, in seconds.");
  text.sample({}, static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9);
}

/// The figures of the ledger that add up to the packets received begin after the first one, and the
/// drops follow them.
void put_packets(MetricText& text, const Gauges& gauges) {
  const Ledger ledger = gauges.ledger();
  text.family("synfin_packets_received", MetricType::Counter, "Packets received.");
  text.sample({}, ledger.received);
  text.family("synfin_packets", MetricType::Counter,
              "Packets by result; the sum is the number received.");
  for (const LedgerFigure& figure : kLedgerFigures) {
    const std::string_view name = figure.name;
    if (name != "received" && !name.starts_with("dropped_"))
      text.sample({{"result", name}}, ledger.*figure.member);
  }
  text.family("synfin_packets_dropped", MetricType::Counter,
              "Packets that were lost before synfin received them, by place.");
  text.sample({{"place", "kernel"}}, ledger.dropped_kernel);
  text.sample({{"place", "interface"}}, ledger.dropped_interface);
  text.family("synfin_events_dropped", MetricType::Counter,
              "Events that were dropped because the outputs were too slow; no record is.");
  text.sample({}, ledger.dropped_ring);
}

void put_connections(MetricText& text, const MetricsInfo& info, const Gauges& gauges,
                     const EventCounts& counts) {
  text.family("synfin_open_connections", MetricType::Gauge, "Connections that are open.");
  text.sample({}, value(gauges.open));
  text.family("synfin_table_slots", MetricType::Gauge,
              "Connections that can be tracked at the same time.");
  text.sample({}, info.table_slots);
  text.family("synfin_events", MetricType::Counter, "Events by kind, as --events names them.");
  for (int kind = 0; kind < kEventKinds; ++kind) {
    const std::string name = lower(to_string(static_cast<EventKind>(kind)));
    text.sample({{"kind", name}}, counts.events[static_cast<std::size_t>(kind)].get());
  }
  text.family("synfin_attempts", MetricType::Counter, "Connection attempts: SYNs, not repeated.");
  text.sample({}, counts.events[static_cast<std::size_t>(EventKind::Syn)].get());
  text.family("synfin_connections", MetricType::Counter, "Connections that ended, by outcome.");
  for (int outcome = 0; outcome < kOutcomes; ++outcome) {
    text.sample({{"outcome", to_string(static_cast<Outcome>(outcome))}},
                counts.outcomes[static_cast<std::size_t>(outcome)].get());
  }
  text.family("synfin_failures", MetricType::Counter,
              "Connections that failed or ended early, by cause.");
  for (int cause = 0; cause < kCauses; ++cause) {
    text.sample({{"cause", cause == 0 ? "unknown" : to_string(static_cast<Cause>(cause))}},
                counts.causes[static_cast<std::size_t>(cause)].get());
  }
  text.family("synfin_payload_bytes", MetricType::Counter,
              "Payload of the connections that ended, by sender.");
  text.sample({{"sender", "originator"}}, counts.orig_bytes.get());
  text.sample({{"sender", "responder"}}, counts.resp_bytes.get());
}

void put_handshakes(MetricText& text, const EventCounts& counts) {
  text.family("synfin_handshake_seconds", MetricType::Histogram,
              "Time from the SYN to the SYN-ACK, if the SYN was not repeated.");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::size(kHandshakeBounds); ++i) {
    sum += counts.handshakes[i].get();
    std::string bound = fmt::format("{}", static_cast<double>(kHandshakeBounds[i]) / 1e6);
    if (bound.find('.') == bound.npos && bound.find('e') == bound.npos) bound += ".0";
    text.sample("_bucket", {{"le", bound}}, fmt::format("{}", sum));
  }
  sum += counts.handshakes.back().get();
  text.sample("_bucket", {{"le", "+Inf"}}, fmt::format("{}", sum));
  text.sample("_sum", {}, fmt::format("{}", static_cast<double>(counts.handshake_us.get()) / 1e6));
  text.sample("_count", {}, fmt::format("{}", sum));
}

void put_services(MetricText& text, const ServiceCounts& services) {
  const std::vector<ServiceCounts::Row> rows = services.rows();
  text.family("synfin_service_established", MetricType::Counter,
              "Connections established, by service; the busiest ones, and all others together.");
  for (const ServiceCounts::Row& row : rows)
    text.sample({{"service", row.service}, {"name", row.name}}, row.established);
  text.family("synfin_service_failed", MetricType::Counter,
              "Attempts that failed, by service; the busiest ones, and all others together.");
  for (const ServiceCounts::Row& row : rows)
    text.sample({{"service", row.service}, {"name", row.name}}, row.failed);
}

struct Delivery {
  const char* name;
  const DeliveryGauges& gauges;
};

void put_deliveries(MetricText& text, const MetricsInfo& info, const Gauges& gauges) {
  std::vector<Delivery> all;
  for (const Delivery& one : {Delivery{"store", gauges.store}, Delivery{"publish", gauges.publish},
                              Delivery{"notifications", gauges.notifications}}) {
    if (one.gauges.used.load(std::memory_order_relaxed)) all.push_back(one);
  }
  text.family("synfin_queue_items", MetricType::Gauge,
              "What waits in memory: buffers of events, or records.");
  const std::uint64_t filled = value(gauges.buffers_filled), done = value(gauges.buffers_done);
  if (info.live)
    text.sample({{"queue", "events"}}, filled > done ? filled - done : std::uint64_t{0});
  for (const Delivery& one : all) {
    if (value(one.gauges.queue_limit) != 0)
      text.sample({{"queue", one.name}}, value(one.gauges.queued));
  }
  text.family("synfin_queue_limit", MetricType::Gauge, "The most that can wait in memory.");
  if (info.live) text.sample({{"queue", "events"}}, value(gauges.buffers_limit));
  for (const Delivery& one : all) {
    if (value(one.gauges.queue_limit) != 0)
      text.sample({{"queue", one.name}}, value(one.gauges.queue_limit));
  }
  text.family("synfin_spool_bytes", MetricType::Gauge, "What waits on disk, in bytes.");
  for (const Delivery& one : all) {
    if (value(one.gauges.spool_limit) != 0)
      text.sample({{"output", one.name}}, value(one.gauges.spool_bytes));
  }
  text.family("synfin_spool_limit_bytes", MetricType::Gauge, "The most that can wait on disk.");
  for (const Delivery& one : all) {
    if (value(one.gauges.spool_limit) != 0)
      text.sample({{"output", one.name}}, value(one.gauges.spool_limit));
  }
  text.family("synfin_deliveries", MetricType::Counter,
              "Records and messages that were sent to other programs, by result.");
  for (const Delivery& one : all) {
    text.sample({{"output", one.name}, {"result", "delivered"}}, value(one.gauges.delivered));
    text.sample({{"output", one.name}, {"result", "failed"}}, value(one.gauges.failed));
    text.sample({{"output", one.name}, {"result", "dropped"}}, value(one.gauges.dropped));
  }
}

}  // namespace

std::string metrics_text(MetricFormat format, const MetricsInfo& info, const Gauges& gauges,
                         const EventCounts& counts, Timestamp started) {
  MetricText text(format);
  put_run(text, info, started);
  put_packets(text, gauges);
  put_connections(text, info, gauges, counts);
  put_handshakes(text, counts);
  put_services(text, counts.services);
  put_deliveries(text, info, gauges);
  return text.take();
}

}  // namespace synfin
