/// \file
/// --view events: one aligned line per event, never cleared, easy to read and to copy from.
#pragma once

#include <string>

#include "synfin/base/time.h"
#include "synfin/enrich/annotations.h"
#include "synfin/track/event.h"

namespace synfin {

struct EventLineOptions {
  bool color = false;
  bool unicode = true;  ///< "→"; else "->"
  Zone zone = Zone::Local;
};

/// Formats event lines; remembers the date it last printed. Not thread-safe.
class EventLines {
 public:
  explicit EventLines(EventLineOptions options) : options_(options) {}

  /// Appends a line with its newline, preceded by a date line where the date changes.
  void append(std::string& out, const Event& event, const Annotations& about);

  /// What a status line says; counted by the caller.
  struct Status {
    Timestamp time{};
    std::uint64_t packets = 0;
    std::uint64_t open = 0;
    std::uint64_t events = 0;
    std::uint64_t dropped = 0;
  };
  void append_status(std::string& out, const Status& status);

 private:
  void append_date(std::string& out, Timestamp time);

  EventLineOptions options_;
  std::string date_;
};

}  // namespace synfin
