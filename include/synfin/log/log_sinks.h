/// \file
/// The two logs of a run as event sinks: a line for each final record (--log) and a line of JSON
/// for each event (--events). Tested in tests/unit/log/log_sinks_test.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/rotating_output.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/log/log_writer.h"

namespace synfin {

struct ConnectionLogOptions {
  std::string path = {};  ///< "-" is standard output
  LogFormat format = LogFormat::Zeek;
  RotationRules rotation = {};
  bool line_buffered = false;
};

/// A failed write loses the records until the next rotation or SIGHUP opens a file again.
class ConnectionLogSink final : public EventSink {
 public:
  /// Opens the file and writes its header. Fails with a sentence that names the path.
  static Result<std::unique_ptr<ConnectionLogSink>> open(const ConnectionLogOptions& options);

  std::string_view name() const override { return "connection log"; }
  EventMask wanted() const override { return EventMask::only(EventKind::Record); }
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_tick(Timestamp now) override;
  void reopen() override { file_.reopen(); }
  std::optional<Error> take_failure() override { return file_.take_failure(); }
  /// True once -G has filled as many files as -W allows.
  bool limit_reached() const override { return limit_reached_.load(std::memory_order_relaxed); }
  Status finish(const CaptureInfo& capture) override;
  Status finish_printing() override { return prints_ ? file_.close() : Status(Ok{}); }

 private:
  ConnectionLogSink(std::unique_ptr<LogWriter> writer, RotatingOutput file, bool prints)
      : writer_(std::move(writer)), file_(std::move(file)), prints_(prints) {}

  std::unique_ptr<LogWriter> writer_;  ///< also used by the header and footer of file_
  RotatingOutput file_;
  bool prints_;  ///< to standard output
  std::atomic<bool> limit_reached_{false};
};

class EventLogSink final : public EventSink {
 public:
  /// "-" is standard output. Fails with a sentence that names the path.
  static Result<std::unique_ptr<EventLogSink>> open(const std::string& path);

  /// Adds a line of JSON that comes from another source than the connection table, behind the
  /// first `place` events of the next batch. Lines come in the order of their places.
  void add_line(std::string_view line, std::size_t place);

  std::string_view name() const override { return "event log"; }
  EventMask wanted() const override { return EventMask::all(); }
  EventMask annotated() const override { return {}; }
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_tick(Timestamp /*now*/) override {
    write_lines();
    file_.flush();
  }
  void reopen() override { file_.reopen(); }
  std::optional<Error> take_failure() override { return file_.take_failure(); }
  Status finish(const CaptureInfo& /*capture*/) override {
    write_lines();
    return prints_ ? Status(Ok{}) : file_.close();
  }
  Status finish_printing() override { return prints_ ? file_.close() : Status(Ok{}); }

 private:
  struct PlacedLine {
    std::size_t place;
    std::string text;
  };
  /// Some 20 MB. Further lines come too early instead of waiting for their places.
  static constexpr std::size_t kMaxLines = 65'536;

  EventLogSink(RotatingOutput file, bool prints) : file_(std::move(file)), prints_(prints) {}

  void write_line(std::string_view text);
  void write_lines();

  RotatingOutput file_;
  bool prints_;  ///< to standard output
  std::vector<PlacedLine> lines_;
};

}  // namespace synfin
