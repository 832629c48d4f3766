/// \file
/// ScreenFrames: the content of the live screen as lines of text, which Screen paints.
///
///     ScreenState + ScreenModel → Frame (header, tabs, visible rows of a table, footer)
///
/// Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <optional>
#include <vector>

#include "synfin/report/text_table.h"
#include "synfin/view/screen_model.h"
#include "synfin/view/screen_pause.h"
#include "synfin/view/screen_state.h"
#include "synfin/view/typed_filter.h"

namespace synfin {

struct ScreenSize {
  std::size_t width = 80;
  std::size_t height = 24;
};

struct Frame {
  std::vector<Line> lines;              ///< exactly as many as the screen is high; none is wider
  std::optional<std::size_t> selected;  ///< the line under the cursor
  std::optional<std::size_t> bar;       ///< the line of tabs
};

/// Drawing options that do not depend on the view.
struct ScreenStyle {
  bool unicode = true;
  Zone zone = Zone::Local;
  RequestedColumns requested{};
};

/// Not thread-safe.
class ScreenFrames {
 public:
  ScreenFrames(ScreenModel& model, ScreenStyle style)
      : model_(model), style_(style), pause_(model) {}

  /// Draws the screen, and passes the number of rows and the selected row on to `state`.
  Frame draw(ScreenState& state, ScreenSize size);

  /// Shows `sentence` in the footer for five seconds.
  void show_message(std::string sentence);

 private:
  struct Body;

  Line header_line(std::size_t width);
  Line tabs_line(const ScreenState& state, std::size_t width) const;
  Line foot_line(const ScreenState& state, std::size_t width);
  void put_filter_error(Frame& frame, const ScreenState& state, std::size_t width);
  ViewRequest request_of(const ScreenState& state, std::size_t width) const;
  Body list_body(ScreenState& state, ScreenSize size);
  Body text_body(ScreenState& state, std::vector<Line> lines, std::size_t height);
  Body column_body(ScreenState& state, const ViewPage& page, ScreenSize size);
  void count_hidden(std::size_t top, std::size_t shown, const ViewPage& page);
  std::vector<Line> document_lines(const ScreenState& state, std::size_t width);
  std::vector<Line> help_lines(std::size_t width) const;

  ScreenModel& model_;
  ScreenStyle style_;
  ScreenHeader header_;
  ScreenPause pause_;
  std::string message_;
  int message_frames_ = 0;
  std::string order_;   ///< name of the current sort order
  TypedFilter typed_;   ///< of the current list
  std::string hidden_;  ///< "3 above, 120 below": rows that do not fit
};

}  // namespace synfin
