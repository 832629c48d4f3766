/// \file
/// EventLinesSink: --view events, a line on standard output for each event as it happens, and on a
/// terminal a status line every ten seconds. Tested in tests/unit/view/event_lines_sink_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "synfin/base/gauges.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/report/printed_output.h"
#include "synfin/view/event_lines.h"

namespace synfin {

/// Lines of figures between the event lines.
struct StatusLines {
  bool shown = false;     ///< if standard output is a terminal
  bool live = false;      ///< also while no event arrives
  bool filtered = false;  ///< the number of open connections includes those of no event line
};

class EventLinesSink final : public EventSink {
 public:
  /// `gauges` must outlive the sink.
  static Result<std::unique_ptr<EventLinesSink>> open(const TextStyle& style,
                                                      const StatusLines& status,
                                                      const Gauges& gauges);

  std::string_view name() const override { return "event lines"; }
  EventMask wanted() const override { return display_events(); }
  bool accepts_events(bool hurried) override;
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_tick(Timestamp now) override;
  std::optional<Error> take_failure() override { return output_.take_failure(); }
  Status finish(const CaptureInfo& /*capture*/) override { return Ok{}; }
  Status finish_printing() override { return output_.close(); }

 private:
  EventLinesSink(const TextStyle& style, const StatusLines& status, const Gauges& gauges,
                 PrintedOutput output);

  void print_status(Timestamp now);

  const Gauges& gauges_;
  PrintedOutput output_;
  EventLines lines_;
  StatusLines status_;
  PrintSchedule schedule_;  ///< of status lines
};

}  // namespace synfin
