// See byte_stream.h.
#include "capture/byte_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "synfin/base/input_file.h"

namespace synfin {
namespace {

constexpr int kPipeSize = 1 << 20;  // the default limit for unprivileged processes

/// The text for an errno value; unlike strerror(), it is thread-safe. UBSan opens a pipe to check
/// the type of an object, and mistakes the limit of open files for a wrong type.
__attribute__((no_sanitize("vptr"))) std::string reason(int error) {
  return std::generic_category().message(error);
}

Error open_error(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return {fmt::format("{}: no such file", path)};
    case EACCES:
    case EPERM:
      return {fmt::format("{}: no permission to read it", path)};
    case ELOOP:
      return {fmt::format(
          "{}: a symbolic link that belongs to another user, which root does not follow "
          "in a folder, or a circle of links; name the file itself",
          path)};
    case EMFILE:
      return {fmt::format("{}: cannot be opened: {}", path, reason(error)),
              ErrorKind::DescriptorLimit};
    default:
      return {fmt::format("{}: cannot be opened: {}", path, reason(error))};
  }
}

}  // namespace

std::string input_name(const std::string& path) { return path == "-" ? "standard input" : path; }

Result<std::unique_ptr<FileStream>> FileStream::open(const std::string& path) {
  const bool is_stdin = path == "-";
  const int fd = is_stdin ? STDIN_FILENO : open_input(path);
  if (fd < 0) return open_error(path, errno);
  std::unique_ptr<FileStream> stream(new FileStream(fd, !is_stdin));
  if (Status status = stream->inspect(input_name(path)); !status) return status.error();
  return stream;
}

Status FileStream::inspect(const std::string& name) {
  struct stat info {};
  if (::fstat(fd_, &info) != 0)
    return Error{fmt::format("{}: cannot be read: {}", name, reason(errno))};
  if (S_ISDIR(info.st_mode)) return Error{fmt::format("{}: is a folder, not a capture file", name)};
  if (::isatty(fd_) == 1) return Error{fmt::format("{}: is a terminal, not a capture file", name)};
  regular_ = S_ISREG(info.st_mode);
  if (regular_) {
    total_ = static_cast<std::uint64_t>(info.st_size);
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);  // an optimization, so failure is ignored
    return Ok{};
  }
  if (S_ISFIFO(info.st_mode))
    ::fcntl(fd_, F_SETPIPE_SZ, kPipeSize);  // fewer context switches; failure is ignored
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd_ < 0) return Error{fmt::format("{}: cannot be read: {}", name, reason(errno))};
  return Ok{};
}

FileStream::~FileStream() {
  if (owned_) ::close(fd_);
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

/// Waits for input; false if none arrived within kMaxInputWait or a signal interrupted the wait.
bool FileStream::wait() {
  if (wake_fd_ < 0) return true;
  pollfd fds[2] = {{fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  const int ready = ::poll(fds, 2, static_cast<int>(kMaxInputWait.count()));
  return ready > 0 || (ready < 0 && errno != EINTR);
}

ReadResult FileStream::read(std::span<std::uint8_t> into) {
  if (!failure_.empty()) return {};
  if (!wait()) return {0, ReadState::Pause};
  if (interrupted_.load(std::memory_order_relaxed)) return {};
  const ssize_t got = ::read(fd_, into.data(), into.size());
  if (got > 0) {
    consumed_.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_relaxed);
    return {static_cast<std::size_t>(got), ReadState::Data};
  }
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {0, ReadState::Pause};
  if (got < 0) failure_ = fmt::format("reading fails at byte {}: {}", consumed(), reason(errno));
  return {};
}

void FileStream::interrupt() noexcept {
  interrupted_.store(true, std::memory_order_relaxed);
  if (wake_fd_ < 0) return;
  const int saved = errno;  // a signal handler must leave errno alone
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
  errno = saved;
}

ReadResult MemoryStream::read(std::span<std::uint8_t> into) {
  const std::size_t size = std::min(into.size(), rest_.size());
  if (size == 0 || interrupted_.load(std::memory_order_relaxed)) return {};
  std::memcpy(into.data(), rest_.data(), size);
  rest_ = rest_.subspan(size);
  consumed_.fetch_add(size, std::memory_order_relaxed);
  return {size, ReadState::Data};
}

}  // namespace synfin
