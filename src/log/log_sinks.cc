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

void EventLogSink::add_line(std::string_view line, std::size_t place) {
  if (lines_.size() == kMaxLines) write_lines();
  lines_.push_back({place, std::string(line)});
}

void EventLogSink::write_line(std::string_view text) {
  file_.buffer() += text;
  file_.commit();
}

void EventLogSink::write_lines() {
  for (const PlacedLine& line : lines_) write_line(line.text);
  lines_.clear();
}

void EventLogSink::on_events(std::span<const AnnotatedEvent> events) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    for (; written < lines_.size() && lines_[written].place <= i; ++written)
      write_line(lines_[written].text);
    append_event_json(file_.buffer(), events[i].event);
    file_.commit();
  }
  lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(written));
  write_lines();
}

}  // namespace synfin
