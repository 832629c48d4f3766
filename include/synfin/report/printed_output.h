/// \file
/// Standard output for reports and views: its style, and the schedule of a view that is printed
/// repeatedly. Tested in tests/unit/report/printed_output_test.cc.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "synfin/base/output_file.h"
#include "synfin/base/result.h"
#include "synfin/report/render.h"

namespace synfin {

/// How text for people is printed.
struct TextStyle {
  bool color = false;     ///< only used on a terminal
  bool unicode = true;    ///< the locale is UTF-8
  std::size_t width = 0;  ///< columns; 0 = as wide as the terminal, else as wide as needed
  Zone zone = Zone::Local;
  bool line_buffered = false;
  bool whole = false;  ///< print every row, even if the terminal is shorter

  /// `width`, or the current width of the terminal if it is 0.
  std::size_t terminal_columns() const;
  /// The options of a rendering now. With `terminal`, they include colours and the current width.
  RenderOptions render_options(AddressBook& book, bool terminal) const;
};

/// Standard output, owned by the one sink that prints the view. Not thread-safe.
class PrintedOutput {
 public:
  /// `live`: nothing but close() waits for a slow reader, so ask ready() before each piece.
  static Result<PrintedOutput> open(const TextStyle& style, bool live = false);

  std::string& buffer() { return file_.buffer(); }
  /// False if too much of what was printed before has not been read yet.
  bool ready();
  void commit() { file_.commit(); }
  void flush() { file_.flush(); }
  Status close() { return file_.close(); }
  bool is_terminal() const { return file_.is_terminal(); }
  RenderOptions render_options(AddressBook& book) const {
    return style_.render_options(book, is_terminal());
  }
  /// Begins one print of a view that is printed repeatedly: "-- 2026-03-01 14:30:16 UTC".
  void print_heading(Timestamp now);
  /// Why the first write failed, once; empty otherwise.
  std::optional<Error> take_failure();

 private:
  PrintedOutput(const TextStyle& style, OutputFile file) : style_(style), file_(std::move(file)) {}

  TextStyle style_;
  OutputFile file_;
  bool failure_taken_ = false;
};

/// The schedule of a view that is printed repeatedly. Times are capture times, or wall-clock times
/// while the capture is live; the first print is due one interval after the first call.
class PrintSchedule {
 public:
  /// Without `every`, nothing is ever due.
  explicit PrintSchedule(std::optional<Duration> every) : every_(every) {}

  /// True if a print is due at `now`, once for each.
  bool due(Timestamp now);
  /// The same live, where `now` is the wall clock. If that is set back, the time until the next
  /// print stays what it was at the previous call.
  bool due_by_wall_clock(Timestamp now);
  /// True if a print will be due within `ahead`.
  bool due_within(Timestamp now, Duration ahead) const { return every_ && now >= next_ - ahead; }
  bool repeats() const { return every_.has_value(); }

 private:
  std::optional<Duration> every_;
  Timestamp next_{};
  Timestamp last_call_{};  ///< of due_by_wall_clock()
};

}  // namespace synfin
