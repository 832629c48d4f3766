// See output_folder.h.
#include "synfin/base/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "synfin/base/errno_text.h"
#include "synfin/base/file_helper.h"
#include "synfin/base/seed.h"

namespace synfin {
namespace {

constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

/// Opens a folder component by component and fails with ELOOP at the first symbolic link.
int open_without_links(std::string_view path) {
  int folder = open(path.starts_with('/') ? "/" : ".", kFolderFlags);
  while (folder >= 0 && !path.empty()) {
    const std::string component{path.substr(0, path.find('/'))};
    path.remove_prefix(std::min(component.size() + 1, path.size()));
    if (component.empty()) continue;
    const int next = openat(folder, component.c_str(), kFolderFlags | O_NOFOLLOW);
    int error = errno;
    struct stat about {};
    const bool link = next < 0 && error == ENOTDIR &&
                      fstatat(folder, component.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISLNK(about.st_mode);
    if (link) error = ELOOP;
    close(folder);
    folder = next;
    if (folder < 0) errno = error;
  }
  return folder;
}

}  // namespace

std::string OutputFolder::name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string OutputFolder::file_in(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool OutputFolder::status_of(const std::string& path, struct stat& about) {
  if (::stat(path.c_str(), &about) == 0) return true;
  FileHelper* const helper = file_helper();
  return helper != nullptr && helper->output_status(path, true, about);
}

std::shared_ptr<const OutputFolder> OutputFolder::of(const std::string& path) {
  const std::string folder = name_of(path);
  int descriptor = -1;
  bool done = false;
  if (FileHelper* const helper = file_helper(); helper != nullptr) {
    descriptor = helper->open_output_folder(path);
    done = descriptor >= 0 || errno != ENOTCONN;
  }
  if (!done) {
    descriptor = geteuid() == 0 ? open_without_links(folder) : ::open(folder.c_str(), kFolderFlags);
  }
  if (descriptor < 0) return nullptr;
  return std::shared_ptr<const OutputFolder>(
      new OutputFolder(descriptor, path.substr(0, path.rfind('/') + 1)));  // npos + 1 is 0
}

OutputFolder::~OutputFolder() { close(descriptor_); }

int OutputFolder::open_file(const std::string& file, FileCreation creation) const {
  constexpr int kAttempts = 20, kPauseMs = 50;
  for (int left = kAttempts;; --left) {
    const int opened = try_to_open(file, creation);
    if (opened >= 0 || errno != ENXIO || left == 0) return opened;
    (void)poll(nullptr, 0, kPauseMs);
    errno = ENXIO;
  }
}

/// Does not wait for the reader of a FIFO: another user may have put it there, to stop this
/// process.
int OutputFolder::try_to_open(const std::string& file, FileCreation creation, uid_t owner) const {
  if (FileHelper* const helper = file_helper(); helper != nullptr) {
    const int opened = helper->open_output(path_of(file), creation);
    if (opened < 0 && errno == EMFILE && creation == FileCreation::New) {
      (void)helper->remove_output(path_of(file));  // it exists, but could not be received
      errno = EMFILE;
    }
    if (opened >= 0 || errno != ENOTCONN) return opened;
  }
  // With O_APPEND, a file that somebody empties (copytruncate of logrotate) continues at its start.
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (geteuid() == 0) flags |= O_NOFOLLOW;
  if (creation == FileCreation::New) flags |= O_EXCL;
  const int descriptor = openat(descriptor_, file.c_str(), flags, 0600);
  if (descriptor >= 0) (void)fcntl(descriptor, F_SETFL, O_APPEND);  // later calls may wait
  const int refused = descriptor >= 0 && geteuid() == 0 ? refusal(descriptor, owner) : 0;
  if (refused == 0) return descriptor;
  close(descriptor);
  errno = refused;
  return -1;
}

/// Why root does not write to an open file; 0 if it does. In a folder where others may write, the
/// file could be one that its owner has put there, to read what root writes. The owner of the
/// folder may read everything anyway. This looks at what was opened, so that nobody can exchange
/// it.
int OutputFolder::refusal(int descriptor, uid_t owner) const {
  struct stat about {
  }, place{};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
  if (about.st_nlink > 1) return EMLINK;
  const bool others_write =
      fstat(descriptor_, &place) == 0 && (place.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const uid_t uid = about.st_uid;
  return !others_write || uid == 0 || uid == owner || uid == place.st_uid ? 0 : EOWNERDEAD;
}

std::string OutputFolder::temporary_name(const std::string& file) {
  return fmt::format(".{}.{:016x}", file, random_seed());
}

int OutputFolder::open_unnamed(const std::string& file) const {
  const std::string name = temporary_name(file);
  const int descriptor = open_file(name, FileCreation::New);
  if (descriptor >= 0) remove(name);
  return descriptor;
}

bool OutputFolder::rename(const std::string& from, const std::string& to) const {
  if (FileHelper* const helper = file_helper(); helper != nullptr) {
    const bool renamed = helper->rename_output(path_of(from), path_of(to));
    if (renamed || errno != ENOTCONN) return renamed;
  }
  return renameat(descriptor_, from.c_str(), descriptor_, to.c_str()) == 0;
}

bool OutputFolder::rename_or_remove(const std::string& from, const std::string& to) const {
  bool renamed = false;
  try {
    renamed = rename(from, to);
  } catch (...) {  // no memory
    remove(from);
    throw;
  }
  const int error = errno;
  if (!renamed) remove(from);
  errno = error;
  return renamed;
}

bool OutputFolder::remove(const std::string& file) const {
  if (FileHelper* const helper = file_helper(); helper != nullptr) {
    const bool removed = helper->remove_output(path_of(file));
    if (removed || errno != ENOTCONN) return removed;
  }
  return unlinkat(descriptor_, file.c_str(), 0) == 0;
}

bool OutputFolder::remove_old(const std::string& file) const {
  return (geteuid() != 0 || may_remove(file, 0)) && remove(file);
}

/// Somebody who may write to the folder can replace the file before it is removed, but gains
/// nothing: in a folder with the sticky bit, only the users below may do so, and elsewhere
/// everybody who may do so can remove each file.
bool OutputFolder::may_remove(const std::string& file, uid_t owner) const {
  struct stat about {
  }, place{};
  if (fstatat(descriptor_, file.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (fstat(descriptor_, &place) != 0) return false;
  const uid_t uid = about.st_uid;
  if (S_ISREG(about.st_mode) && (uid == 0 || uid == owner || uid == place.st_uid)) return true;
  errno = EPERM;
  return false;
}

bool OutputFolder::status(const std::string& file, bool follow, struct stat& about) const {
  if (FileHelper* const helper = file_helper(); helper != nullptr) {
    const bool found = helper->output_status(path_of(file), follow, about);
    if (found || errno != ENOTCONN) return found;
  }
  return fstatat(descriptor_, file.c_str(), &about, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
}

bool OutputFolder::exists(const std::string& file) const {
  struct stat about {};
  return status(file, false, about);
}

bool OutputFolder::is_link(const std::string& file) const {
  struct stat about {};
  return status(file, false, about) && S_ISLNK(about.st_mode);
}

bool OutputFolder::names(const std::string& file, int descriptor) const {
  struct stat open {
  }, there{};
  return descriptor >= 0 && fstat(descriptor, &open) == 0 && status(file, true, there) &&
         open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

bool OutputFolder::is_removed() const {
  struct stat about {};
  return fstat(descriptor_, &about) == 0 && about.st_nlink == 0;
}

std::string output_error_text(int error) {
  switch (error) {
    case EPIPE:
      return "its reader has closed the pipe";
    case ELOOP:
      return "its path contains a symbolic link, which root does not follow";
    case EBUSY:
      return "another synfin or another output of this one writes to it";
    case ENXIO:
      return "it is a FIFO that nobody reads: start its reader first";
    case EOWNERDEAD:
      return "it belongs to another user, who could read what root writes: remove it";
    case EMLINK:
      return "it has several names (hard links), which root does not write to";
    default:
      return errno_text(error);
  }
}

}  // namespace synfin
