/// \file
/// ScreenPause: what the screen shows while the user has paused it.
///
/// Tested in tests/unit/view/screen_pause_test.cc.
#pragma once

#include <optional>
#include <vector>

#include "synfin/view/screen_model.h"
#include "synfin/view/screen_state.h"

namespace synfin {

/// Reads from the model for each frame or, while paused, for the first frame that shows a list or a
/// document, and keeps that. Not thread-safe.
class ScreenPause {
 public:
  /// A paused list has at most its first kMaxRows rows.
  static constexpr std::size_t kMaxRows = 2'000;

  explicit ScreenPause(ScreenModel& model) : model_(model) {}

  /// Begins or ends the pause. Returns true if the user has left a paused view.
  bool follow(const ScreenState& state);

  /// A paused list is read again if the request has another order, filter or width.
  ViewPage page(ViewKind tab, const ViewRequest& request);
  /// The details of `target`, or the summary.
  Document document(const std::optional<RowTarget>& target, const ViewRequest& request);

  /// True if the list is longer than what is kept of it.
  bool cuts_list() const;

 private:
  struct Kept {
    ViewKind tab = ViewKind::None;
    ListKey list = {};
    std::optional<ViewPage> page;
    std::optional<RowTarget> target;
    std::optional<Document> document;
  };

  ScreenModel& model_;
  std::optional<Kept> kept_;  ///< set while paused
};

}  // namespace synfin
