// See log_sinks.h.
#include "synfin/log/log_sinks.h"

#include <utility>

#include "log/event_log.h"
#include "synfin/base/wall_clock.h"

namespace synfin {

Result<std::unique_ptr<ConnectionLogSink>> ConnectionLogSink::open(
    const ConnectionLogOptions& options) {
  std::unique_ptr<LogWriter> writer = LogWriter::make(options.format);
  LogWriter* const w = writer.get();
  auto file = RotatingOutput::open(options.path, options.rotation,
                                   {.begin = [w](std::string& out) { w->begin(out, wall_clock()); },
                                    .end = [w](std::string& out) { w->end(out, wall_clock()); }});
  if (!file) return file.error();
  file->set_line_buffered(options.line_buffered);
  return std::unique_ptr<ConnectionLogSink>(
      new ConnectionLogSink(std::move(writer), std::move(*file), options.path == "-"));
}

void ConnectionLogSink::on_events(std::span<const AnnotatedEvent> events) {
  for (const auto& [event, about] : events) {
    if (event.kind != EventKind::Record) continue;
    file_.advance(seconds_of(event.time));
    writer_->append(file_.buffer(), event.connection, about);
    file_.commit();
  }
}

void ConnectionLogSink::on_tick(Timestamp /*now*/) {
  file_.advance();
  file_.flush();
  if (file_.limit_reached()) limit_reached_.store(true, std::memory_order_relaxed);
}

Status ConnectionLogSink::finish(const CaptureInfo& /*capture*/) {
  return prints_ ? Status(Ok{}) : file_.close();
}

Result<std::unique_ptr<EventLogSink>> EventLogSink::open(const std::string& path) {
  auto file = RotatingOutput::open(path, {}, {});
  if (!file) return file.error();
  return std::unique_ptr<EventLogSink>(new EventLogSink(std::move(*file), path == "-"));
}

void EventLogSink::on_events(std::span<const AnnotatedEvent> events) {
  for (const AnnotatedEvent& e : events) {
    append_event_json(file_.buffer(), e.event);
    file_.commit();
  }
}

}  // namespace synfin
