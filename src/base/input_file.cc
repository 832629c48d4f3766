// See input_file.h.
#include "synfin/base/input_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

#include "synfin/base/descriptor.h"
#include "synfin/base/file_helper.h"

namespace synfin {
namespace {

bool lacks_permission(int error) { return error == EACCES || error == EPERM; }

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

}  // namespace

int duplicate_named(const std::string& path) {
  int number = -1;
  std::string_view digits = path;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    digits.remove_prefix(folder.size());
    const char* const end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, number).ptr != end) return -1;
  }
  if (path == "/dev/stdin") number = STDIN_FILENO;
  if (path == "/dev/stdout") number = STDOUT_FILENO;
  if (path == "/dev/stderr") number = STDERR_FILENO;
  return number < 0 ? -1 : fcntl(number, F_DUPFD_CLOEXEC, 3);
}

int open_input(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0 && lacks_permission(errno)) descriptor = duplicate_named(path);
  FileHelper* const helper = file_helper();
  if (descriptor >= 0 || helper == nullptr || !lacks_permission(errno)) return descriptor;
  const int own_error = errno;
  const int opened = helper->open_input(path);
  if (opened < 0 && errno == ENOTCONN) errno = own_error;
  if (opened >= 0) wait_for_writer(opened);
  return opened;
}

void wait_for_writer(int descriptor) {
  pollfd wanted{descriptor, POLLIN, 0};
  while (poll(&wanted, 1, -1) < 0 && errno == EINTR) continue;
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags >= 0) (void)fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
}

bool input_status(const std::string& path, struct stat& about) {
  if (::stat(path.c_str(), &about) == 0) return true;
  FileHelper* const helper = file_helper();
  if (helper == nullptr || !lacks_permission(errno)) return false;
  const int own_error = errno;
  if (helper->input_status(path, about)) return true;
  if (errno == ENOTCONN) errno = own_error;
  return false;
}

std::optional<std::vector<std::string>> list_folder(const std::string& folder) {
  const int descriptor = open_input(folder);
  if (descriptor < 0) return std::nullopt;
  const std::unique_ptr<DIR, CloseFolder> stream(fdopendir(descriptor));
  if (!stream) {
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return std::nullopt;
  }
  std::vector<std::string> names;
  errno = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread uses this stream
  while (const dirent* entry = readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return std::nullopt;
  return names;
}

std::optional<std::string> read_input(const std::string& path, std::size_t max) {
  const Descriptor file(open_input(path));
  return file.get() < 0 ? std::nullopt : read_input(file.get(), max);
}

std::optional<std::string> read_whole_input(const std::string& path, std::size_t max) {
  auto text = read_input(path, max + 1);
  if (!text || text->size() <= max) return text;
  errno = EFBIG;
  return std::nullopt;
}

std::optional<std::string> read_input(int descriptor, std::size_t max) {
  std::string text;
  std::array<char, 65536> piece;
  for (;;) {
    const std::size_t wanted = std::min(piece.size(), max - text.size());
    const ssize_t got = ::read(descriptor, piece.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace synfin
