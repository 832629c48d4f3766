/// \file
/// ScreenState: what the live screen shows, and how each key changes it. Independent of a terminal.
/// Tested in tests/unit/view/screen_state_test.cc.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "synfin/view/view.h"
#include "synfin/view/view_set.h"

namespace synfin {

enum class Key : std::uint8_t {
  None,
  Character,
  Up,
  Down,
  PageUp,
  PageDown,
  Home,
  End,
  Left,
  Right,
  Enter,
  Escape,
  Backspace,
  Resize,
};

struct KeyPress {
  Key key = Key::None;
  char32_t character = 0;  ///< set with Key::Character
};

/// Scroll position, sort order and filter of one list.
struct ListState {
  std::size_t top = 0;     ///< the first row shown
  std::size_t cursor = 0;  ///< the selected row, counted from the first row of the list
  std::size_t order = 0;   ///< index into View::orders()
  bool reversed = false;   ///< sorted the other way round
  std::size_t group = 0;   ///< processes: how rows are grouped
  std::string filter;      ///< lower case
};

/// The size of the list at the time of the last frame.
struct ListExtent {
  std::size_t rows = 0;     ///< number of all rows
  std::size_t visible = 1;  ///< number of rows that fit on the screen
};

enum class Overlay : std::uint8_t { None, Help, Details };

class ScreenState {
 public:
  explicit ScreenState(ViewKind tab, bool each = false) : tab_(tab), each_(each) {}

  /// Applies a key. Quit and write requests are left for take_quit() and take_write().
  void press(const KeyPress& press);

  ViewKind tab() const { return tab_; }
  const ListState& list() const { return lists_[static_cast<std::size_t>(tab_)]; }
  Overlay overlay() const { return overlay_.kind; }
  /// What the details page describes. REQUIRES: overlay() is Details.
  const RowTarget& target() const { return *overlay_.target; }
  std::size_t overlay_top() const { return overlay_.top; }
  /// Whether clients are listed in columns of names. The user's choice wins (key c); without one,
  /// columns are used if the list is longer than the screen.
  bool columns(bool outgrown) { return columns_.shown = columns_.choice.value_or(outgrown); }
  /// Whether endpoints list each open connection.
  bool each() const { return each_; }
  /// Whether the shown page is a list, which can be sorted and filtered.
  bool in_list() const { return overlay_.kind == Overlay::None && tab_ != ViewKind::Summary; }
  bool paused() const { return paused_; }
  bool typing() const { return typing_; }

  /// Called after each frame with the extent of the list, the selected row's target, and the number
  /// of sort orders.
  void set_shown(ListExtent extent, std::optional<RowTarget> selected, std::size_t orders);

  bool take_quit() { return std::exchange(quit_, false); }
  bool take_write() { return std::exchange(write_, false); }

 private:
  struct OverlayState {
    Overlay kind = Overlay::None;
    std::size_t top = 0;
    std::optional<RowTarget> target;
  };
  /// The last frame, as passed to set_shown().
  struct LastFrame {
    ListExtent extent;
    std::optional<RowTarget> selected;
    std::size_t orders = 1;
  };
  struct ColumnsState {
    std::optional<bool> choice;  ///< set by the user
    bool shown = false;          ///< in the last frame
  };

  ListState& here() { return lists_[static_cast<std::size_t>(tab_)]; }
  void type(const KeyPress& press);
  void press_character(char32_t c);
  void move(std::ptrdiff_t rows);
  void switch_to(std::size_t tab);
  void open();
  void clamp();

  ViewKind tab_;
  std::array<ListState, kViewKinds> lists_;
  OverlayState overlay_;
  LastFrame frame_;
  ColumnsState columns_;
  bool each_;
  bool paused_ = false;
  bool typing_ = false;
  bool quit_ = false;
  bool write_ = false;
};

}  // namespace synfin
