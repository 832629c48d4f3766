// See stderr_line.h.
#include "base/stderr_line.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <mutex>

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::milliseconds{500};
/// A pipe or socket that is ready takes so much at once.
constexpr std::size_t kStderrPiece = PIPE_BUF;
constexpr std::size_t kTtyPiece = 256;

/// What the reader has missed since it took a line.
struct Missed {
  std::mutex mutex;  ///< guards the members below
  std::uint64_t lines = 0;
  bool cut = false;  ///< the last line was written in part
};

Missed& missed() {
  static Missed all;
  return all;
}

/// Waits until stderr accepts bytes or has failed. Returns false at the deadline.
bool stderr_is_ready(Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd output{STDERR_FILENO, POLLOUT, 0};
    const int ready = poll(&output, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready >= 0 || errno != EINTR) return ready != 0;
  }
}

/// Returns how many bytes were written before the deadline; all if stderr has failed.
std::size_t write_pieces(std::string_view text, std::size_t piece, Clock::time_point deadline) {
  std::size_t done = 0;
  while (done < text.size() && stderr_is_ready(deadline)) {
    const std::string_view next = text.substr(done, piece);
    const ssize_t written = write(STDERR_FILENO, next.data(), next.size());
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR && errno != EAGAIN) {
      return text.size();
    } else if (Clock::now() >= deadline) {
      break;
    }
  }
  return done;
}

}  // namespace

void write_to_stderr(std::string_view line) noexcept {
  struct stat about {};
  if (fstat(STDERR_FILENO, &about) != 0 || S_ISREG(about.st_mode)) {
    (void)!write(STDERR_FILENO, line.data(), line.size());
    return;
  }
  const std::size_t piece = S_ISCHR(about.st_mode) ? kTtyPiece : kStderrPiece;
  Missed& all = missed();
  const std::lock_guard lock(all.mutex);
  const Clock::time_point deadline = Clock::now() + (all.lines == 0 ? kPatience : kPatience * 0);
  const auto put = [&](std::string_view text) {
    const std::size_t done = write_pieces(text, piece, deadline);
    if (done == text.size()) return true;
    ++all.lines;
    all.cut |= done > 0;
    return false;
  };
  if (all.lines > 0) {
    std::array<char, 160> note;
    const auto end = fmt::format_to_n(
        note.data(), note.size(), "{}synfin: {} {} not written here, because stderr was not read\n",
        all.cut ? "\n" : "", all.lines, all.lines == 1 ? "line was" : "lines were");
    if (!put({note.data(), std::min(end.size, note.size())})) return;
    all.lines = 0;
    all.cut = false;
  }
  (void)put(line);
}

}  // namespace synfin
