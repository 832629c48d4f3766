// See write_bytes.h.
#include "base/write_bytes.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>

namespace synfin {
namespace {

/// Waits until a non-blocking descriptor accepts bytes again. (Another process may have made a
/// shared descriptor non-blocking.)
void wait_writable(int descriptor) {
  pollfd wanted{descriptor, POLLOUT, 0};
  poll(&wanted, 1, -1);
}

}  // namespace

ssize_t write_some(int descriptor, std::string_view bytes) {
  const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
  if (n >= 0 || errno == EINTR) return n < 0 ? 0 : n;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
  wait_writable(descriptor);
  return 0;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write_some(descriptor, bytes);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::size_t accepted_now(int descriptor) {
  constexpr std::size_t kTerminalPiece = 256;
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || S_ISREG(about.st_mode)) return SIZE_MAX;
  pollfd wanted{descriptor, POLLOUT, 0};
  if (poll(&wanted, 1, 0) <= 0) return 0;
  return S_ISFIFO(about.st_mode) ? PIPE_BUF : kTerminalPiece;  // pipe(7)
}

}  // namespace synfin
