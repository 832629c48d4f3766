// OutputFile over a POSIX descriptor. Text is appended to a string and written in large pieces.
#include "synfin/base/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <system_error>
#include <utility>

#include "synfin/base/escape.h"

namespace synfin {
namespace {

/// True for the names of a descriptor that this process already holds. The kernel owns these links.
bool names_own_descriptor(std::string_view path) {
  for (const std::string_view prefix :
       {"/dev/fd/", "/proc/self/fd/", "/dev/stdout", "/dev/stderr"}) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

int open_flags(std::string_view path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY;
  return geteuid() == 0 && !names_own_descriptor(path) ? kFlags | O_NOFOLLOW : kFlags;
}

std::string shown_name(std::string_view path) {
  if (path == "-") return "standard output";
  std::string name;
  append_plain(name, path);
  return name;
}

std::string reason(int error) {
  switch (error) {
    case EPIPE:
      return "its reader has closed the pipe";
    case ELOOP:
      return "it is a symbolic link, which root does not follow";
    default:
      return std::generic_category().message(error);
  }
}

/// Waits until a non-blocking descriptor accepts bytes again. (Another process may have made a
/// shared descriptor non-blocking.)
void wait_writable(int descriptor) {
  pollfd wanted{descriptor, POLLOUT, 0};
  poll(&wanted, 1, -1);
}

/// Returns the number of bytes written, 0 if the call must be repeated, or -1 with errno set.
ssize_t write_some(int descriptor, std::string_view bytes) {
  const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
  if (n >= 0 || errno == EINTR) return n < 0 ? 0 : n;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
  wait_writable(descriptor);
  return 0;
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path) {
  if (path == "-") return OutputFile{path, STDOUT_FILENO};
  const int descriptor = ::open(path.c_str(), open_flags(path), 0600);
  if (descriptor < 0) return Error{"cannot write " + shown_name(path) + ": " + reason(errno)};
  return OutputFile{path, descriptor};
}

OutputFile::OutputFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), line_buffered_(is_terminal()) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      buffer_(std::move(other.buffer_)),
      failure_(std::move(other.failure_)),
      written_(other.written_),
      lost_(other.lost_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      line_buffered_(other.line_buffered_) {
  other.buffer_.clear();
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  (void)close();
  path_ = std::move(other.path_);
  buffer_ = std::move(other.buffer_);
  other.buffer_.clear();
  failure_ = std::move(other.failure_);
  written_ = other.written_;
  lost_ = other.lost_;
  descriptor_ = std::exchange(other.descriptor_, -1);
  line_buffered_ = other.line_buffered_;
  return *this;
}

OutputFile::~OutputFile() { (void)close(); }

bool OutputFile::commit() {
  if (line_buffered_ || buffer_.size() >= kThreshold) return flush();
  return failure_.empty() || flush();
}

bool OutputFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && failure_.empty() && descriptor_ >= 0) {
    const ssize_t n = write_some(descriptor_, rest);
    if (n < 0) {
      fail(errno);
      break;
    }
    written_ += static_cast<std::uint64_t>(n);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  lost_ += rest.size();
  buffer_.clear();
  return failure_.empty();
}

void OutputFile::rewind() {
  struct stat about {};
  if (!owns_descriptor() || fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) return;
  buffer_.clear();
  if (lseek(descriptor_, 0, SEEK_SET) == 0 && ftruncate(descriptor_, 0) != 0) fail(errno);
}

Status OutputFile::close() {
  flush();
  if (descriptor_ >= 0 && owns_descriptor() && ::close(descriptor_) != 0 && errno != EINTR) {
    fail(errno);  // a network file system may report a full disk only at this point
  }
  descriptor_ = -1;
  if (!failure_.empty()) return Error{failure_};
  return Ok{};
}

void OutputFile::give_to(unsigned uid, unsigned gid) const {
  struct stat about {};
  if (descriptor_ < 0 || !owns_descriptor() || fstat(descriptor_, &about) != 0) return;
  const bool plain = S_ISREG(about.st_mode) && about.st_nlink == 1 && about.st_uid == geteuid();
  if (plain) (void)!fchown(descriptor_, uid, gid);
}

bool OutputFile::is_in_place() const {
  struct stat open {
  }, there{};
  return descriptor_ >= 0 && fstat(descriptor_, &open) == 0 && stat(path_.c_str(), &there) == 0 &&
         open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

bool OutputFile::is_terminal() const { return descriptor_ >= 0 && isatty(descriptor_) == 1; }

bool OutputFile::owns_descriptor() const { return path_ != "-"; }

void OutputFile::fail(int error) {
  if (failure_.empty()) failure_ = "cannot write " + shown_name(path_) + ": " + reason(error);
}

}  // namespace synfin
