/// \file
/// ScreenFrames: the pictures of the live screen, line by line, for a terminal to paint.
///
///     ScreenState + ScreenModel → Frame (header, tabs, a table's window, a foot)
///
/// Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <optional>
#include <vector>

#include "synfin/report/text_table.h"
#include "synfin/view/screen_model.h"
#include "synfin/view/screen_state.h"
#include "synfin/view/typed_filter.h"

namespace synfin {

struct ScreenSize {
  std::size_t width = 80;
  std::size_t height = 24;
};

struct Frame {
  std::vector<Line> lines;              ///< as many as the screen is high, none wider than it
  std::optional<std::size_t> selected;  ///< the line under the cursor
  std::optional<std::size_t> bar;       ///< the line of tabs
};

/// How a screen draws, whatever it shows.
struct ScreenStyle {
  bool unicode = true;
  Zone zone = Zone::Local;
};

/// Not thread-safe. Keeps what is shown while it is paused.
class ScreenFrames {
 public:
  ScreenFrames(ScreenModel& model, ScreenStyle style) : model_(model), style_(style) {}

  /// The picture as it stands; tells `state` how much there was to show.
  Frame draw(ScreenState& state, ScreenSize size);

  /// A line to show at the foot for a while.
  void say(std::string sentence);

 private:
  struct Body;

  Line header_line(std::size_t width);
  Line tabs_line(const ScreenState& state, std::size_t width) const;
  Line foot_line(const ScreenState& state, std::size_t width);
  ViewRequest request_of(const ScreenState& state, std::size_t width) const;
  Body list_body(ScreenState& state, ScreenSize size);
  Body text_body(ScreenState& state, std::vector<Line> lines, std::size_t height) const;
  Body column_body(ScreenState& state, const ViewPage& page, ScreenSize size) const;
  ViewPage page_of(const ScreenState& state, const ViewRequest& request);
  std::vector<Line> document_lines(const Document& document, std::size_t width) const;
  std::vector<Line> help_lines() const;

  ScreenModel& model_;
  ScreenStyle style_;
  ScreenHeader header_;
  std::optional<ViewPage> frozen_;  ///< while paused
  ViewKind frozen_tab_ = ViewKind::None;
  std::string said_;
  int said_frames_ = 0;
  std::string order_;  ///< of the list shown
  TypedFilter typed_;  ///< of the list shown
};

}  // namespace synfin
