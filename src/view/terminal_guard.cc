// See terminal_guard.h.
#include "synfin/view/terminal_guard.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace synfin {
namespace {

constexpr std::array<int, 6> kCrashes{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT};

std::atomic<int> guarded{-1};
std::array<char, 256> leave_text;
std::atomic<std::size_t> leave_size{0};
termios modes;
std::array<struct sigaction, kCrashes.size()> old_actions;
struct sigaction old_background;

/// The handlers run on this stack, because a thread may have crashed by using up its own.
alignas(16) std::array<char, 64 * 1024> signal_stack;

/// Lets writers continue although nobody reads the terminal, or Ctrl-S has stopped it: discards
/// what was not read. REQUIRES: this process opened `descriptor` itself, because the flag belongs
/// to all copies.
void unblock(int descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  tcflow(descriptor, TCOOFF);  // without it, TCOON neither undoes Ctrl-S nor wakes a writer
  tcflush(descriptor, TCOFLUSH);
  tcflow(descriptor, TCOON);
}

void on_crash(int signal) {
  restore_terminal();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void set_leave_sequence(std::string_view leave) {
  leave_size = leave.copy(leave_text.data(), leave_text.size());
}

void guard_terminal(int descriptor) {
  tcgetattr(descriptor, &modes);
  guarded = descriptor;
  stack_t stack{};
  stack.ss_sp = signal_stack.data();
  stack.ss_size = signal_stack.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kCrashes.size(); ++i)
    sigaction(kCrashes[i], &action, &old_actions[i]);
  action.sa_handler = SIG_IGN;
  sigaction(SIGTTOU, &action, &old_background);
}

void restore_terminal() noexcept {
  const int descriptor = guarded.exchange(-1);
  if (descriptor < 0) return;
  unblock(descriptor);
  const char* rest = leave_text.data();
  for (std::size_t left = leave_size; left != 0;) {
    const ssize_t written = write(descriptor, rest, left);
    if (written <= 0) break;
    rest += written;
    left -= static_cast<std::size_t>(written);
  }
  tcsetattr(descriptor, TCSANOW, &modes);
}

void unblock_terminal() noexcept {
  if (const int descriptor = guarded; descriptor >= 0) unblock(descriptor);
}

bool is_terminal_closed() noexcept {
  const int before = errno;
  bool closed = false;
  // Of a terminal that has hung up, every ioctl fails with EIO; of pipes and files, with ENOTTY.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    termios unused;
    closed |= tcgetattr(descriptor, &unused) != 0 && errno == EIO;
  }
  errno = before;
  return closed;
}

void release_terminal() noexcept {
  if (guarded.exchange(-1) < 0) return;
  leave_size = 0;
  for (std::size_t i = 0; i < kCrashes.size(); ++i)
    sigaction(kCrashes[i], &old_actions[i], nullptr);
  sigaction(SIGTTOU, &old_background, nullptr);
}

}  // namespace synfin
