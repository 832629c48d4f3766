// See net_namespaces.h.
#include "enrich/net_namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

constexpr auto kReopenInterval = std::chrono::seconds{3};
constexpr std::size_t kMaxTables = 64;
constexpr const char* kOwn = "/proc/thread-self/ns/net";

unsigned long inode_of(const char* path) {
  struct stat status {};
  return stat(path, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::vector<SocketTable>& NetNamespaces::tables() {
  const auto now = std::chrono::steady_clock::now();
  if (now - opened_ >= kReopenInterval) {
    open_tables();
    opened_ = now;
  }
  return tables_;
}

void NetNamespaces::open_tables() {
  const Descriptor home(open(kOwn, O_RDONLY | O_CLOEXEC));
  std::set<unsigned long> seen{inode_of(kOwn)};
  tables_.clear();
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name[0] < '1' || name[0] > '9') continue;
    const std::string path = "/proc/" + name + "/ns/net";
    const unsigned long inode = inode_of(path.c_str());
    if (inode == 0 || tables_.size() >= kMaxTables || !seen.insert(inode).second) continue;
    const Descriptor there(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (home.get() < 0 || there.get() < 0 || setns(there.get(), CLONE_NEWNET) != 0) continue;
    auto table = SocketTable::open();
    if (setns(home.get(), CLONE_NEWNET) != 0) return tables_.clear();
    if (table) tables_.push_back(std::move(*table));
  }
}

}  // namespace synfin
