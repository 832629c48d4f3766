/// \file
/// ScreenState: what the live screen is showing, and what each key does to it. No terminal here.
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
  char32_t character = 0;  ///< with Key::Character
};

/// Where one list stands.
struct ListState {
  std::size_t top = 0;     ///< the first row shown
  std::size_t cursor = 0;  ///< the row selected, counted from the list's first
  std::size_t order = 0;
  std::size_t group = 0;  ///< processes: how rows are grouped
  std::string filter;     ///< lower case
};

/// How much there was to show when the last frame was drawn.
struct ListExtent {
  std::size_t rows = 0;     ///< in all
  std::size_t visible = 1;  ///< that fit
};

enum class Overlay : std::uint8_t { None, Help, Story };

class ScreenState {
 public:
  explicit ScreenState(ViewKind tab, bool each = false) : tab_(tab), each_(each) {}

  /// Applies a key. What only the caller can do is left in the wants below.
  void press(const KeyPress& press);

  ViewKind tab() const { return tab_; }
  const ListState& list() const { return lists_[static_cast<std::size_t>(tab_)]; }
  Overlay overlay() const { return overlay_; }
  /// REQUIRES: overlay() is Story.
  const Subject& subject() const { return *subject_; }
  std::size_t overlay_top() const { return overlay_top_; }
  /// Whether clients stand in columns of names: where the list outgrows the screen, unless c said
  /// otherwise.
  bool columns(bool outgrown) { return columns_shown_ = columns_.value_or(outgrown); }
  /// Whether endpoints show each open connection.
  bool each() const { return each_; }
  bool paused() const { return paused_; }
  bool typing() const { return typing_; }

  /// Told by whoever draws: the extent of what is shown, and what Enter would open.
  void shown(ListExtent extent, std::optional<Subject> selected, std::size_t orders);

  bool take_quit() { return std::exchange(quit_, false); }
  bool take_write() { return std::exchange(write_, false); }

 private:
  ListState& here() { return lists_[static_cast<std::size_t>(tab_)]; }
  void type(const KeyPress& press);
  void press_character(char32_t c);
  void move(std::ptrdiff_t rows);
  void switch_to(std::size_t tab);
  void open();
  void clamp();

  ViewKind tab_;
  std::array<ListState, kViewKinds> lists_;
  Overlay overlay_ = Overlay::None;
  std::size_t overlay_top_ = 0;
  std::optional<Subject> subject_;
  std::optional<Subject> selected_;
  ListExtent extent_;
  std::size_t orders_ = 1;
  std::optional<bool> columns_;
  bool columns_shown_ = false;
  bool each_;
  bool paused_ = false;
  bool typing_ = false;
  bool quit_ = false;
  bool write_ = false;
};

}  // namespace synfin
