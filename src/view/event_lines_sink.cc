// See event_lines_sink.h.
#include "synfin/view/event_lines_sink.h"

namespace synfin {
namespace {

/// The time between two status lines.
constexpr Duration kStatusInterval = std::chrono::seconds{10};

}  // namespace

Result<std::unique_ptr<EventLinesSink>> EventLinesSink::open(const TextStyle& style,
                                                             const StatusLines& status,
                                                             const Gauges& gauges) {
  auto output = PrintedOutput::open(style, status.live);
  if (!output) return output.error();
  return std::unique_ptr<EventLinesSink>(
      new EventLinesSink(style, status, gauges, std::move(*output)));
}

EventLinesSink::EventLinesSink(const TextStyle& style, const StatusLines& status,
                               const Gauges& gauges, PrintedOutput output)
    : gauges_(gauges),
      output_(std::move(output)),
      lines_({.color = style.color && output_.is_terminal(),
              .unicode = style.unicode,
              .zone = style.zone,
              .width = output_.is_terminal() ? style.terminal_columns() : style.width}),
      status_(status),
      schedule_(kStatusInterval) {
  status_.shown = status.shown && output_.is_terminal();
}

bool EventLinesSink::accepts_events(bool hurried) {
  return !status_.live || (!hurried && output_.ready());
}

void EventLinesSink::on_events(std::span<const AnnotatedEvent> events) {
  for (const auto& [event, about] : events) {
    if (event.kind == EventKind::Record) continue;
    if (status_.shown && !status_.live) print_status(event.time);
    lines_.append(output_.buffer(), event, about);
    output_.commit();
  }
}

void EventLinesSink::on_tick(Timestamp now) {
  if (status_.shown && status_.live) print_status(now);
  output_.flush();
}

void EventLinesSink::print_status(Timestamp now) {
  if (!(status_.live ? schedule_.due_by_wall_clock(now) : schedule_.due(now))) return;
  EventLines::StatusCounts status;
  status.time = now;
  status.open = gauges_.open.load(std::memory_order_relaxed);
  status.filtered = status_.filtered;
  status.dropped = gauges_.dropped.load(std::memory_order_relaxed);
  status.dropped_events = gauges_.dropped_ring.load(std::memory_order_relaxed);
  lines_.append_status(output_.buffer(), status);
}

}  // namespace synfin
