/// \file
/// Screen: the live screen, drawn with ncurses on its own thread.
///
///     keys → ScreenState → ScreenFrames → terminal, five times a second and after each key
///
/// The terminal is /dev/tty, so that a capture can be read from standard input. Its modes are
/// restored at the end, even after a crash (terminal_guard.h). Tested in tests/live/screen.py.
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
  /// Opens the terminal and starts the thread. `model` is called only on that thread, until stop()
  /// returns. Fails if there is no terminal.
  static Result<std::unique_ptr<Screen>> start(ScreenModel& model, const ScreenOptions& options);

  ~Screen();  ///< calls stop()
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Ends the thread and restores the terminal. If that takes no output for half a second, what was
  /// not read is discarded. Further calls do nothing.
  void stop();

  /// True once the user has asked to end the run, or the terminal is gone.
  bool quit_requested() const { return quit_asked_; }

 private:
  struct Terminal;

  Screen(ScreenModel& model, const ScreenOptions& options, std::unique_ptr<Terminal> terminal);
  void run();
  bool take_turn();
  bool end_if_hung_up();
  bool draw_and_handle_key();
  void paint(const Frame& frame);

  ScreenModel& model_;
  ScreenOptions options_;
  std::unique_ptr<Terminal> terminal_;
  ScreenState state_;
  ScreenFrames frames_;
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> quit_asked_{false};
  std::atomic<bool> ended_{false};  ///< the thread has restored the terminal
  std::thread thread_;
};

}  // namespace synfin
