// See screen.h. After start(), only the screen's thread calls ncurses.
#include "synfin/view/screen.h"

#include <curses.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "synfin/base/errno_text.h"
#include "synfin/base/thread.h"
#include "synfin/view/terminal_guard.h"

namespace synfin {
namespace {

constexpr int kFrameMs = 200;
constexpr int kMinWaitMs = 20;
/// How long the end of a run waits for a terminal that takes no output.
constexpr auto kPatience = std::chrono::milliseconds{500};
constexpr auto kStopInterval = std::chrono::milliseconds{5};
constexpr int kEscapeMs = 50;  ///< time in which the rest of a key's sequence must follow an Esc
constexpr int kEscape = 27;
constexpr int kDelete = 127;

/// Ctrl-Z was pressed. ncurses's own handler would draw again although `bg` continued the run.
std::atomic<bool> suspension_requested{false};
struct sigaction old_suspension;

void on_suspension(int) { suspension_requested = true; }

/// REQUIRES: old_suspension is what was installed before ncurses started.
void watch_suspension() {
  if (old_suspension.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = on_suspension;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTSTP, &action, nullptr);
}

/// Numbers of ncurses colour pairs.
enum ColorPair : short { kGoodPair = 1, kBadPair, kAccentPair, kDimPair, kListeningPair };

void make_pairs() {
  start_color();
  use_default_colors();
  // With 256 colours, these have a contrast of 4:1 with both white and black. With 8 colours, these
  // are readable on both.
  const bool many = COLORS >= 256;
  init_pair(kGoodPair, many ? 28 : COLOR_GREEN, -1);
  init_pair(kBadPair, many ? 160 : COLOR_RED, -1);
  init_pair(kAccentPair, many ? 32 : COLOR_MAGENTA, -1);
  init_pair(kListeningPair, many ? 136 : COLOR_YELLOW, -1);
  init_pair(kDimPair, many ? 244 : static_cast<short>(-1), -1);
}

attr_t attributes_of(Tone tone, bool color) {
  switch (tone) {
    case Tone::Strong:
      return A_BOLD;
    case Tone::Dim:
      return !color ? A_NORMAL : COLORS >= 256 ? COLOR_PAIR(kDimPair) : A_DIM;
    case Tone::Good:
      return color ? COLOR_PAIR(kGoodPair) : A_NORMAL;
    case Tone::Bad:
      return color ? COLOR_PAIR(kBadPair) : A_BOLD;
    case Tone::Accent:
      return color ? COLOR_PAIR(kAccentPair) : A_NORMAL;
    case Tone::Listening:
      return color ? COLOR_PAIR(kListeningPair) : A_NORMAL;
    case Tone::Symbols:
    case Tone::Plain:
      break;
  }
  return A_NORMAL;
}

KeyPress key_of(int status, wint_t code) {
  if (status == ERR) return {};
  if (status != KEY_CODE_YES) {
    if (code == '\n' || code == '\r') return {.key = Key::Enter};
    if (code == kEscape) return {.key = Key::Escape};
    if (code == kDelete || code == '\b') return {.key = Key::Backspace};
    return {.key = Key::Character, .character = static_cast<char32_t>(code)};
  }
  switch (code) {
    case KEY_UP:
      return {.key = Key::Up};
    case KEY_DOWN:
      return {.key = Key::Down};
    case KEY_PPAGE:
      return {.key = Key::PageUp};
    case KEY_NPAGE:
      return {.key = Key::PageDown};
    case KEY_HOME:
      return {.key = Key::Home};
    case KEY_END:
      return {.key = Key::End};
    case KEY_LEFT:
    case KEY_BTAB:
      return {.key = Key::Left};
    case KEY_RIGHT:
      return {.key = Key::Right};
    case KEY_ENTER:
      return {.key = Key::Enter};
    case KEY_BACKSPACE:
      return {.key = Key::Backspace};
    case KEY_RESIZE:
      return {.key = Key::Resize};
    default:
      return {};
  }
}

/// The value of a string capability of the terminal; null if it has none.
const char* terminfo_string(const char* name) {
  const char* sequence = tigetstr(name);
  // tigetstr() returns (char*)-1 for a name that is not a string capability.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return sequence == reinterpret_cast<const char*>(-1) ? nullptr : sequence;
}

/// The sequence that leaves full-screen mode according to terminfo: attributes, cursor, keypad,
/// page.
std::string leave_sequence() {
  std::string text;
  for (const char* name : {"sgr0", "cnorm", "rmkx", "rmcup"}) {
    if (const char* sequence = terminfo_string(name); sequence != nullptr) text += sequence;
  }
  return text;
}

}  // namespace

struct Screen::Terminal {
  std::FILE* file = nullptr;
  SCREEN* screen = nullptr;
  bool prepared = false;  ///< its modes are those of the screen
  bool lost = false;      ///< the shell or another program has used it since the last frame
  bool color = false;

  ~Terminal() {
    if (screen != nullptr) {
      if (prepared && !isendwin()) endwin();
      sigaction(SIGTSTP, &old_suspension, nullptr);
      release_terminal();
      delscreen(screen);
    }
    if (file != nullptr) std::fclose(file);
  }

  /// Sets its modes for the screen.
  void prepare(bool colors_wanted) {
    color = colors_wanted && has_colors();
    if (color) make_pairs();
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    prepared = true;
  }

  /// Returns the terminal to the shell and stops the process until the shell continues it.
  void suspend() {
    endwin();
    sigset_t suspension, blocked;
    sigemptyset(&suspension);
    sigaddset(&suspension, SIGTSTP);
    sigaction(SIGTSTP, &old_suspension, nullptr);
    pthread_sigmask(SIG_UNBLOCK, &suspension, &blocked);
    std::raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
    watch_suspension();
    lost = true;
  }

  /// False while the shell or another program uses the terminal, because the user has continued
  /// this one with `bg` or started it with `&`.
  bool in_foreground() const { return tcgetpgrp(fileno(file)) == getpgrp(); }

  bool hung_up() const {
    pollfd poller{fileno(file), POLLIN, 0};
    return poll(&poller, 1, 0) == 1 && (poller.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  }
};

Result<std::unique_ptr<Screen>> Screen::start(ScreenModel& model, const ScreenOptions& options) {
  auto terminal = std::make_unique<Terminal>();
  terminal->file = std::fopen("/dev/tty", "r+e");
  if (terminal->file == nullptr) {
    return Error{"cannot open the terminal for --screen: " + errno_text()};
  }
  guard_terminal(fileno(terminal->file));
  sigaction(SIGTSTP, nullptr, &old_suspension);
  terminal->screen = newterm(nullptr, terminal->file, terminal->file);
  // Without "cup", a terminal cannot move its cursor, as TERM=dumb.
  if (terminal->screen == nullptr || terminfo_string("cup") == nullptr) {
    if (terminal->screen != nullptr) reset_shell_mode();
    terminal.reset();
    release_terminal();
    const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): never set
    return Error{std::string("the terminal cannot show a full screen (TERM is ") +
                 (term != nullptr ? term : "not set") + "); use --scroll or --every instead"};
  }
  watch_suspension();
  set_leave_sequence(leave_sequence());
  return std::unique_ptr<Screen>(new Screen(model, options, std::move(terminal)));
}

Screen::Screen(ScreenModel& model, const ScreenOptions& options, std::unique_ptr<Terminal> terminal)
    : model_(model),
      options_(options),
      terminal_(std::move(terminal)),
      state_(options.tab, options.each),
      frames_(model, options.style) {
  thread_ = std::thread([this] {
    enter_thread_role(ThreadRole::Screen);
    run();
    ended_ = true;
  });
}

Screen::~Screen() { stop(); }

void Screen::stop() {
  stop_asked_ = true;
  if (!thread_.joinable()) return;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!ended_ && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(kStopInterval);
  if (!ended_) unblock_terminal();
  thread_.join();
}

void Screen::run() {
  pthread_setname_np(pthread_self(), "screen");
  set_escdelay(kEscapeMs);
  try {
    while (!stop_asked_ && take_turn()) {
    }
  } catch (...) {
    model_.on_exception(std::current_exception());
  }
  terminal_.reset();
}

/// Draws and reads only in the foreground. Returns false if the terminal is gone.
bool Screen::take_turn() {
  if (suspension_requested.exchange(false)) terminal_->suspend();
  if (!terminal_->in_foreground()) {
    terminal_->lost = true;
    std::this_thread::sleep_for(std::chrono::milliseconds{kFrameMs});
    return !end_if_hung_up();
  }
  if (!terminal_->prepared) terminal_->prepare(options_.color);
  if (std::exchange(terminal_->lost, false)) clearok(curscr, TRUE);
  return draw_and_handle_key();
}

/// Ends the run and returns true if the terminal is gone.
bool Screen::end_if_hung_up() {
  if (!terminal_->hung_up()) return false;
  quit_asked_ = true;
  model_.quit();
  return true;
}

/// Draws a frame, then waits for a key until the next frame is due. Returns false if the terminal
/// is gone.
bool Screen::draw_and_handle_key() {
  const ScreenSize size{static_cast<std::size_t>(std::max(COLS, 1)),
                        static_cast<std::size_t>(std::max(LINES, 1))};
  const auto begin = std::chrono::steady_clock::now();
  paint(frames_.draw(state_, size));
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  timeout(std::max(kFrameMs - static_cast<int>(spent.count()), kMinWaitMs));
  wint_t code = 0;
  const int status = get_wch(&code);
  if (status == ERR && end_if_hung_up()) return false;
  state_.press(key_of(status, code));
  if (state_.take_write()) frames_.show_message(model_.write_report());
  if (state_.take_quit()) {
    quit_asked_ = true;
    frames_.show_message("ending: writing logs and reports");
    model_.quit();
  }
  return true;
}

void Screen::paint(const Frame& frame) {
  erase();
  for (std::size_t y = 0; y < frame.lines.size(); ++y) {
    const bool selected = frame.selected == y;
    const attr_t base = selected ? A_REVERSE : A_NORMAL;
    move(static_cast<int>(y), 0);
    for (const Piece& piece : frame.lines[y]) {
      attrset(base | attributes_of(piece.tone, terminal_->color && !selected));
      addnstr(piece.text.data(), static_cast<int>(piece.text.size()));
    }
    attrset(base);
    // After a line as wide as the terminal, the cursor is on the next line, which is not selected.
    if (selected && getcury(stdscr) == static_cast<int>(y)) hline(' ' | A_REVERSE, COLS);
  }
  attrset(A_NORMAL);
  refresh();
}

}  // namespace synfin
