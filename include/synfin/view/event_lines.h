/// \file
/// --view events: one aligned line per event, never cleared, easy to read and to copy from.
///
///     -- 2026-03-01
///     [14:30:16.123] OPEN        192.0.2.7:51234       → 198.51.100.9:443 (https)     S1 rtt 12.4
///     ms
///
/// Columns fit IPv4; a longer address pushes the rest of its own line to the right. Every name is
/// escaped, so a line is a line and nothing in it moves the cursor. Tested in
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
  bool unicode = true;  ///< "→ ↑ ↓"; else "-> up down" and nothing past ASCII, names included
  Zone zone = Zone::Local;
};

/// Formats event lines; remembers the date it last printed. Not thread-safe.
class EventLines {
 public:
  explicit EventLines(EventLineOptions options) : options_(options) {}

  /// Appends a line with its newline, preceded by a date line where the date changes.
  /// EventKind::Record gives none: what it would say, another event has said.
  void append(std::string& out, const Event& event, const Annotations& about);

  /// What append() cannot know.
  struct Status {
    Timestamp time{};
    std::uint64_t open = 0;     ///< connections now
    std::uint64_t dropped = 0;  ///< packets
  };
  /// "-- 14:31:00  512 open  34 new  2 failed  3.4 conn/s  0 dropped". New and failed connections
  /// are those of the lines since the status line before. Failed are refused, unreachable, aborted
  /// and unanswered ones.
  void append_status(std::string& out, const Status& status);

 private:
  void count(const Event& event);
  void set_clock(std::string& out, Timestamp time);
  void append_date(std::string& out, Timestamp time);

  EventLineOptions options_;
  std::string date_;
  std::optional<std::int64_t> second_;  ///< since the epoch, the one that clock_ and date_ show
  std::string clock_;                   ///< "14:30:16"
  std::uint64_t new_ = 0;               ///< connections since counted_from_
  std::uint64_t failed_ = 0;
  std::optional<Timestamp> counted_from_;
};

}  // namespace synfin
