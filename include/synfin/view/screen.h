/// \file
/// Screen: the live screen on ncurses, on a thread of its own.
///
///     keys → ScreenState → ScreenFrames → terminal, five times a second and after each key
///
/// The terminal is /dev/tty, so that a capture may come from standard input. It is given back at
/// the end, also at a crash (terminal_guard.h). Driven in tmux by tests/live/screen.py.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "synfin/base/result.h"
#include "synfin/view/screen_frame.h"

namespace synfin {

struct ScreenOptions {
  ViewKind tab = ViewKind::Events;
  bool each = false;
  ScreenStyle style;
  bool color = true;
};

class Screen {
 public:
  /// Takes the terminal and starts. `model` is called on the screen's thread alone, until the end
  /// of stop(). Fails where there is no terminal.
  static Result<std::unique_ptr<Screen>> start(ScreenModel& model, const ScreenOptions& options);

  /// Stops.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Gives the terminal back. Further calls do nothing.
  void stop();

  /// The person has asked to end.
  bool quit_asked() const { return quit_asked_; }

 private:
  struct Terminal;

  Screen(ScreenModel& model, const ScreenOptions& options, std::unique_ptr<Terminal> terminal);
  void run();
  bool obey();
  void paint(const Frame& frame);

  ScreenModel& model_;
  ScreenOptions options_;
  std::unique_ptr<Terminal> terminal_;
  ScreenState state_;
  ScreenFrames frames_;
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> quit_asked_{false};
  std::thread thread_;
};

}  // namespace synfin
