// See private_folders.h.
#include "synfin/base/private_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr int kWay = O_PATH | O_DIRECTORY | O_CLOEXEC;

/// Opens the next folder on the way. Returns -1 with errno set.
int enter(int folder, const std::string& name) {
  const int next = openat(folder, name.c_str(), kWay | O_NOFOLLOW);
  if (next >= 0) return next;
  struct stat about {};
  if (fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(about.st_mode))
    return -1;
  if (geteuid() == 0 && about.st_uid != 0) {
    errno = ELOOP;
    return -1;
  }
  return openat(folder, name.c_str(), kWay);
}

/// Gives a new folder away, unless somebody has put something else in its place. Returns an errno.
int give(int folder, const std::string& name, uid_t uid, gid_t gid) {
  if (geteuid() != 0) return 0;
  const Descriptor made(openat(folder, name.c_str(), kFolder | O_NOFOLLOW));
  struct stat about {};
  if (made.get() < 0 || fstat(made.get(), &about) != 0) return errno;
  if (about.st_uid != geteuid()) return EPERM;
  return fchown(made.get(), uid, gid) == 0 ? 0 : errno;
}

}  // namespace

int make_private_folders(const std::string& path, uid_t uid, gid_t gid, std::string& failed) {
  if (access(path.c_str(), F_OK) == 0) return 0;
  std::optional<Descriptor> folder;
  folder.emplace(open(path.starts_with('/') ? "/" : ".", kWay));
  for (std::size_t at = 0; at < path.size() && folder->get() >= 0;) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string name = path.substr(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    failed = path.substr(0, end);
    int next = enter(folder->get(), name);
    if (next < 0 && errno == ENOENT) {
      const bool created = mkdirat(folder->get(), name.c_str(), 0700) == 0;
      if (!created && errno != EEXIST) return errno;
      const int error = created ? give(folder->get(), name, uid, gid) : 0;
      if (error != 0) return error;
      next = enter(folder->get(), name);
    }
    if (next < 0) return errno;
    folder.emplace(next);
  }
  return folder->get() < 0 ? errno : 0;
}

}  // namespace synfin
