/// \file
/// EventLines (--view events): one aligned line per event, printed as scrolling text.
///
///     -- 2026-03-01
///     [14:30:16.123] OPEN        192.0.2.7:51234       → 198.51.100.9:443      S1     rtt 12.4 ms
///
/// Event, endpoints, state and cause come first, names of ports and hosts last. On a terminal, a
/// line fits into its width: endpoints are shortened in the middle, the cause at its end, and names
/// are left out. Names are escaped, so they can neither break a line nor move the cursor. Tested in
/// tests/unit/view/event_lines_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "synfin/base/time.h"
#include "synfin/enrich/annotations.h"
#include "synfin/track/event.h"

namespace synfin {

struct EventLineOptions {
  bool color = false;
  bool unicode = true;  ///< "→ ↑ ↓"; otherwise "-> up down" and only ASCII, names included
  Zone zone = Zone::Local;
  std::size_t width = 0;  ///< terminal columns; 0 = not bounded
};

/// Formats event lines; remembers the date it last printed. Not thread-safe.
class EventLines {
 public:
  explicit EventLines(EventLineOptions options) : options_(options) {}

  /// Appends a line with its newline, preceded by a date line if the date has changed. Appends
  /// nothing for EventKind::Record, which repeats an earlier event.
  void append(std::string& out, const Event& event, const Annotations& about);

  /// The figures of a status line that append() does not count.
  struct StatusCounts {
    Timestamp time{};
    std::uint64_t open = 0;            ///< connections now
    std::uint64_t dropped = 0;         ///< packets
    std::uint64_t dropped_events = 0;  ///< shown if not 0
    bool filtered = false;             ///< `open` includes connections that no line shows
  };
  /// "-- 14:31:00 512 open 34 new 2 failed 3.4 conn/s 0 dropped". New and failed connections are
  /// those of the lines since the previous status line. Failed are refused, unreachable, aborted
  /// and unanswered ones.
  void append_status(std::string& out, const StatusCounts& status);

 private:
  /// The width of a column that grows with its cells, and shrinks when wide ones have passed.
  struct ColumnWidth {
    std::size_t recent = 0;  ///< of the lines before, in a fixed number
    std::size_t now = 0;     ///< of the lines since
    std::size_t get() const { return recent > now ? recent : now; }
  };

  std::string endpoint(const Endpoint& endpoint, ColumnWidth& width) const;
  void age_widths(std::size_t min);
  void count(const Event& event);
  void set_clock(std::string& out, Timestamp time);
  void append_date(std::string& out, Timestamp time);

  EventLineOptions options_;
  std::string date_;                    ///< with the zone
  std::optional<std::int64_t> second_;  ///< the second since the epoch that clock_ and date_ show
  ColumnWidth orig_width_;
  ColumnWidth resp_width_;
  std::size_t lines_ = 0;
  std::string clock_;      ///< "14:30:16"
  std::uint64_t new_ = 0;  ///< connections since counted_from_
  std::uint64_t failed_ = 0;
  std::optional<Timestamp> counted_from_;
};

}  // namespace synfin
