// OutputFile over a POSIX descriptor. Text is appended to a string and written in large pieces.
#include "synfin/base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <utility>

#include "base/write_bytes.h"
#include "synfin/base/input_file.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;

/// Opens the descriptor that `path` names. A regular file is not opened again: only a duplicate
/// continues where the others that share the file have ended, as after "(echo header; synfin) >
/// file". A user who may not open a pipe or device again gets a duplicate, too.
int open_own_descriptor(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode)) {
    if (const int copy = duplicate_named(path); copy >= 0) return copy;
  }
  const int opened = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  return opened >= 0 ? opened : duplicate_named(path);
}

Error cannot_write(const std::string& path, int error) {
  return {
      "cannot write " + (path == "-" ? "standard output" : path) + ": " + output_error_text(error),
      error == EPIPE ? ErrorKind::ReaderGone : ErrorKind::Work};
}

/// Takes the lock of a regular file, so that two writers never mix their lines. Other programs need
/// not respect it. Returns false if another writer has it; a file system without locks has none.
bool lock(int descriptor) {
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return true;
  return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/// The path without symbolic links and "..". A path through a folder that this user may not search
/// is resolved by its text only.
fs::path resolved(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path canonical = fs::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : canonical;
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path, OutputMode mode,
                                    std::shared_ptr<const OutputFolder> folder) {
  // What others have written to a file that they share with this process stays.
  if (is_own_descriptor(path) && mode == OutputMode::Replace) mode = OutputMode::Truncate;
  if (path == "-") return OutputFile{path, STDOUT_FILENO, mode};
  if (is_own_descriptor(path)) {
    const int descriptor = open_own_descriptor(path);
    if (descriptor < 0) return cannot_write(path, errno);
    return OutputFile{path, descriptor, mode};
  }
  if (!folder || folder->is_removed()) folder = OutputFolder::of(path);
  if (!folder) return cannot_write(path, errno);
  const std::string file = OutputFolder::file_in(path);
  if (file.empty()) return cannot_write(path, EISDIR);
  const bool existed = folder->exists(file);
  const FileCreation creation = mode == OutputMode::New ? FileCreation::New : FileCreation::Any;
  const int descriptor = mode == OutputMode::Replace && !existed
                             ? folder->open_unnamed(file)
                             : folder->open_file(file, creation);
  if (descriptor < 0) return cannot_write(path, errno);
  if (mode != OutputMode::Replace && !lock(descriptor)) {
    ::close(descriptor);
    return cannot_write(path, EBUSY);
  }
  OutputFile opened{path, descriptor, mode};
  opened.progress_.created = !existed;
  opened.folder_ = std::move(folder);
  return opened;
}

OutputFile OutputFile::absent(std::string path, const Error& why) {
  OutputFile file(std::move(path), -1, OutputMode::Append);
  file.failure_ = file.first_failure_ = why;
  return file;
}

bool OutputFile::exists(const std::string& path,
                        const std::shared_ptr<const OutputFolder>& folder) {
  const auto opened = folder ? folder : OutputFolder::of(path);
  return opened && opened->exists(OutputFolder::file_in(path));
}

OutputFile::OutputFile(std::string path, int descriptor, OutputMode mode)
    : path_(std::move(path)),
      descriptor_(descriptor),
      mode_(mode),
      line_buffered_(isatty(descriptor) == 1) {
  if (mode_ == OutputMode::Replace && !is_regular()) mode_ = OutputMode::Truncate;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      folder_(std::move(other.folder_)),
      buffer_(std::move(other.buffer_)),
      failure_(std::move(other.failure_)),
      first_failure_(std::move(other.first_failure_)),
      progress_(other.progress_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      mode_(other.mode_),
      line_buffered_(other.line_buffered_),
      keeps_unwritten_(other.keeps_unwritten_),
      has_lines_(other.has_lines_),
      never_waits_(other.never_waits_) {
  other.buffer_.clear();
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  if (progress_.begun) (void)close();
  OutputFile moved(std::move(other));
  path_.swap(moved.path_);
  folder_.swap(moved.folder_);
  buffer_.swap(moved.buffer_);
  std::swap(failure_, moved.failure_);
  std::swap(first_failure_, moved.first_failure_);
  std::swap(progress_, moved.progress_);
  std::swap(descriptor_, moved.descriptor_);
  std::swap(mode_, moved.mode_);
  std::swap(line_buffered_, moved.line_buffered_);
  std::swap(keeps_unwritten_, moved.keeps_unwritten_);
  std::swap(has_lines_, moved.has_lines_);
  std::swap(never_waits_, moved.never_waits_);
  return *this;
}

OutputFile::~OutputFile() {
  if (!progress_.begun) buffer_.clear();
  if (descriptor_ < 0) return;
  if (progress_.begun) {
    (void)close();
  } else if (owns_descriptor()) {
    if (progress_.created && is_in_place()) folder_->remove(OutputFolder::file_in(path_));
    ::close(descriptor_);
  }
}

/// Empties an existing file, once.
void OutputFile::begin() {
  if (std::exchange(progress_.begun, true)) return;
  if (mode_ != OutputMode::Truncate || !folder_ || !is_regular()) return;
  if (ftruncate(descriptor_, 0) != 0) fail(errno);
}

bool OutputFile::commit() {
  begin();
  if (mode_ == OutputMode::Replace) return failure_.message.empty();
  if (!failure_.message.empty() && buffer_.size() > (keeps_unwritten_ ? kMaxUnwritten : 0)) {
    drop_newest_piece();
  }
  progress_.committed = buffer_.size();
  if (!failure_.message.empty()) return false;
  return line_buffered_ || buffer_.size() >= kThreshold ? flush() : true;
}

void OutputFile::drop_newest_piece() {
  const std::size_t kept = keeps_unwritten_ ? progress_.committed : 0;
  progress_.lost += buffer_.size() - kept;
  buffer_.resize(kept);
}

bool OutputFile::flush() {
  if (descriptor_ < 0) {
    progress_.lost += std::exchange(buffer_, {}).size();
    return false;
  }
  begin();
  if (mode_ == OutputMode::Replace)
    return buffer_.empty() ? failure_.message.empty() : replace_file();
  if (!failure_.message.empty()) {
    if (!keeps_unwritten_) drop_newest_piece();
    return false;
  }
  return write_buffer();
}

/// Writes the buffer to the descriptor. After a failure it keeps or discards what is left.
bool OutputFile::write_buffer() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const std::string_view piece =
        rest.substr(0, never_waits_ ? accepted_now(descriptor_) : rest.npos);
    if (piece.empty()) break;
    const ssize_t n = write_some(descriptor_, piece);
    if (n < 0) {
      fail(errno);
      break;
    }
    const std::size_t line_end = rest.substr(0, static_cast<std::size_t>(n)).rfind('\n');
    if (line_end != rest.npos) progress_.whole_lines = progress_.written + line_end + 1;
    progress_.written += static_cast<std::uint64_t>(n);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  const std::size_t done = buffer_.size() - rest.size();
  if (rest.empty() || keeps_unwritten_ || (never_waits_ && failure_.message.empty())) {
    buffer_.erase(0, done);
  } else {
    progress_.lost += rest.size();
    buffer_.clear();
  }
  progress_.committed = buffer_.size();
  return failure_.message.empty();
}

bool OutputFile::retry() {
  if (failure_.message.empty()) return true;
  failure_ = {};
  return flush();
}

Status OutputFile::close() {
  never_waits_ = false;
  if (descriptor_ >= 0) {
    if (keeps_unwritten_ && !failure_.message.empty()) (void)retry();
    flush();
    if (!buffer_.empty()) {
      progress_.lost += buffer_.size();
      buffer_.clear();
      remove_partial_line();
    }
    unlock();  // a copy of the descriptor may stay open and would keep the lock
    // A network file system may report a full disk only at this point.
    if (owns_descriptor() && ::close(descriptor_) != 0 && errno != EINTR) fail(errno);
    descriptor_ = -1;
  }
  progress_.lost += std::exchange(buffer_, {}).size();  // of an absent file
  if (failure_.message.empty() && progress_.lost == 0) return Ok{};
  return first_failure_;
}

/// Removes the part of a line at the end, because no reader could parse it.
void OutputFile::remove_partial_line() {
  if (!has_lines_) return;
  const std::uint64_t part = progress_.written - progress_.whole_lines;
  progress_.lost += part;
  struct stat about {};
  if (fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) return;
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (part <= size) (void)!ftruncate(descriptor_, static_cast<off_t>(size - part));
}

void OutputFile::unlock() const {
  if (folder_) (void)!flock(descriptor_, LOCK_UN);
}

bool OutputFile::is_in_place() const {
  return folder_ && folder_->names(OutputFolder::file_in(path_), descriptor_);
}

/// Some file systems count no names. A file that replaces another has no name before the first one.
bool OutputFile::is_removed() const {
  struct stat about {};
  return folder_ && mode_ != OutputMode::Replace && fstat(descriptor_, &about) == 0 &&
         S_ISREG(about.st_mode) && about.st_nlink == 0 && !is_in_place();
}

bool OutputFile::is_terminal() const { return descriptor_ >= 0 && isatty(descriptor_) == 1; }

bool OutputFile::owns_descriptor() const { return path_ != "-"; }

bool OutputFile::is_regular() const {
  struct stat about {};
  return fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode);
}

void OutputFile::fail(int error) {
  if (failure_.message.empty()) failure_ = cannot_write(path_, error);
  if (first_failure_.message.empty()) first_failure_ = failure_;
}

bool is_own_descriptor(std::string_view path) {
  // The kernel owns these links.
  for (const std::string_view prefix :
       {"/dev/fd/", "/proc/self/fd/", "/dev/stdout", "/dev/stderr"}) {
    if (path.starts_with(prefix)) return true;
  }
  return path == "-";
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;
  if (fs::equivalent(a, b, unknown)) return fs::is_regular_file(a, unknown);
  if (fs::exists(a, unknown) || fs::exists(b, unknown)) return false;
  return resolved(a) == resolved(b);
}

}  // namespace synfin
