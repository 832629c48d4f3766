// See output_folder.h.
#include "synfin/base/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "synfin/base/descriptor.h"
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

std::shared_ptr<const OutputFolder> OutputFolder::of(const std::string& path) {
  const std::string folder = name_of(path);
  const int descriptor =
      geteuid() == 0 ? open_without_links(folder) : ::open(folder.c_str(), kFolderFlags);
  if (descriptor < 0) return nullptr;
  return std::shared_ptr<const OutputFolder>(new OutputFolder(descriptor));
}

OutputFolder::~OutputFolder() { close(descriptor_); }

int OutputFolder::open_file(const std::string& file, FileCreation creation) const {
  // With O_APPEND, a file that somebody empties (copytruncate of logrotate) continues at its start.
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
  if (geteuid() == 0) flags |= O_NOFOLLOW;
  if (creation == FileCreation::New) flags |= O_EXCL;
  const int descriptor = openat(descriptor_, file.c_str(), flags, 0600);
  struct stat about {};
  if (descriptor < 0 || geteuid() != 0 || fstat(descriptor, &about) != 0) return descriptor;
  if (!S_ISREG(about.st_mode) || about.st_nlink <= 1) return descriptor;
  close(descriptor);
  errno = EMLINK;
  return -1;
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

/// The user's rights apply to this thread only, and only to files.
bool OutputFolder::permits(const std::string& file, const LaterUser& user) const {
  const int own_gid = setfsgid(user.gid);
  const int own_uid = setfsuid(user.uid);
  const Descriptor created(open_unnamed(file));
  setfsuid(static_cast<unsigned>(own_uid));
  setfsgid(static_cast<unsigned>(own_gid));
  return created.get() >= 0;
}

bool OutputFolder::rename(const std::string& from, const std::string& to) const {
  return renameat(descriptor_, from.c_str(), descriptor_, to.c_str()) == 0;
}

void OutputFolder::remove(const std::string& file) const { unlinkat(descriptor_, file.c_str(), 0); }

bool OutputFolder::exists(const std::string& file) const {
  struct stat about {};
  return fstatat(descriptor_, file.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
}

bool OutputFolder::is_link(const std::string& file) const {
  struct stat about {};
  return fstatat(descriptor_, file.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(about.st_mode);
}

bool OutputFolder::names(const std::string& file, int descriptor) const {
  struct stat open {
  }, there{};
  return descriptor >= 0 && fstat(descriptor, &open) == 0 &&
         fstatat(descriptor_, file.c_str(), &there, 0) == 0 && open.st_dev == there.st_dev &&
         open.st_ino == there.st_ino;
}

bool OutputFolder::is_writable() const {
  return faccessat(descriptor_, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

}  // namespace synfin
