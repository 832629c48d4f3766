// See screen_state.h.
#include "synfin/view/screen_state.h"

#include <algorithm>

namespace synfin {
namespace {

constexpr std::size_t kMaxFilterBytes = 100;

/// Removes the last character with all its bytes.
void erase_last(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

}  // namespace

void ScreenState::set_shown(ListExtent extent, std::optional<RowTarget> selected,
                            std::size_t orders) {
  frame_.extent = extent;
  frame_.selected = selected;
  frame_.orders = std::max<std::size_t>(orders, 1);
  clamp();
}

/// Keeps cursor and top within the list.
void ScreenState::clamp() {
  const std::size_t most =
      frame_.extent.rows > frame_.extent.visible ? frame_.extent.rows - frame_.extent.visible : 0;
  if (overlay_.kind != Overlay::None) {
    overlay_.top = std::min(overlay_.top, most);
    return;
  }
  ListState& l = here();
  l.cursor = std::min(l.cursor, frame_.extent.rows == 0 ? 0 : frame_.extent.rows - 1);
  l.top = std::min({l.top, l.cursor, most});
  if (l.cursor >= l.top + frame_.extent.visible) l.top = l.cursor - frame_.extent.visible + 1;
}

void ScreenState::move(std::ptrdiff_t rows) {
  std::size_t& at = overlay_.kind == Overlay::None ? here().cursor : overlay_.top;
  const auto step = static_cast<std::size_t>(rows < 0 ? -rows : rows);
  at = rows < 0 ? at - std::min(at, step) : at + step;
  clamp();
}

void ScreenState::switch_to(std::size_t tab) {
  overlay_.kind = Overlay::None;
  typing_ = false;
  if (static_cast<std::size_t>(tab_) != tab % kTabs) paused_ = false;
  tab_ = static_cast<ViewKind>(tab % kTabs);
}

void ScreenState::open() {
  if (!frame_.selected || overlay_.kind != Overlay::None) return;
  // All programs of one user have no page.
  if (frame_.selected->host == Address{} && frame_.selected->process.empty()) return;
  overlay_.target = frame_.selected;
  overlay_.kind = Overlay::Details;
  overlay_.top = 0;
}

void ScreenState::type(const KeyPress& press) {
  std::string& filter = here().filter;
  switch (press.key) {
    case Key::Enter:
      typing_ = false;
      break;
    case Key::Escape:
      typing_ = false;
      filter.clear();
      break;
    case Key::Backspace:
      erase_last(filter);
      break;
    case Key::Character:
      if (filter.size() < kMaxFilterBytes && press.character >= ' ')
        append_utf8(filter, press.character);
      break;
    default:
      break;
  }
  here().cursor = here().top = 0;
}

void ScreenState::press_character(char32_t c) {
  if (c >= U'1' && c <= U'9') return switch_to(c - U'1');
  if (c == U'\t') return switch_to(static_cast<std::size_t>(tab_) + 1);
  switch (c) {
    case U'q':
      quit_ = true;
      break;
    case U'p':
      paused_ = !paused_;
      break;
    case U'w':
      write_ = true;
      break;
    case U'?':
      overlay_.kind = overlay_.kind == Overlay::Help ? Overlay::None : Overlay::Help;
      overlay_.top = 0;
      break;
    case U's':
      if (in_list()) here().order = (here().order + 1) % frame_.orders;
      here().reversed = false;
      break;
    case U'S':
      if (in_list()) here().reversed = !here().reversed;
      break;
    case U'g':
      if (in_list()) ++here().group;
      break;
    case U'/':
      typing_ = in_list();
      break;
    case U'o':
      each_ = !each_;
      break;
    case U'c':
      columns_.choice = !columns_.shown;
      break;
    case U'k':
      move(-1);
      break;
    case U'j':
    case U' ':
      move(c == U'j' ? 1 : static_cast<std::ptrdiff_t>(frame_.extent.visible));
      break;
    default:
      break;
  }
}

void ScreenState::press(const KeyPress& press) {
  if (typing_ && press.key != Key::Up && press.key != Key::Down && press.key != Key::Resize)
    return type(press);
  const auto page = static_cast<std::ptrdiff_t>(frame_.extent.visible);
  switch (press.key) {
    case Key::Up:
      return move(-1);
    case Key::Down:
      return move(1);
    case Key::PageUp:
      return move(-page);
    case Key::PageDown:
      return move(page);
    case Key::Home:
      return move(-static_cast<std::ptrdiff_t>(frame_.extent.rows));
    case Key::End:
      return move(static_cast<std::ptrdiff_t>(frame_.extent.rows));
    case Key::Left:
      return switch_to(static_cast<std::size_t>(tab_) + kTabs - 1);
    case Key::Right:
      return switch_to(static_cast<std::size_t>(tab_) + 1);
    case Key::Enter:
      return open();
    case Key::Escape:
    case Key::Backspace:
      overlay_.kind == Overlay::None ? here().filter.clear() : void(overlay_.kind = Overlay::None);
      return;
    case Key::Character:
      return press_character(press.character);
    default:
      return;
  }
}

}  // namespace synfin
