/// \file
/// cgroup_name(): the container or the systemd unit that a process runs in.
///
///     /proc/PID/cgroup → the innermost container, else the innermost service or scope
///
/// Specs: cgroups(7), systemd.unit(5), and the paths that docker, podman, containerd, CRI-O, LXC
/// and systemd-nspawn use. Whoever may create a cgroup chooses its name: the results are hostile
/// text of at most kMaxCgroupName bytes. Tested in tests/unit/enrich/cgroup_names_test.cc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace synfin {

inline constexpr std::size_t kMaxCgroupName = 128;

/// "nginx.service", "session-3.scope", "docker:0123456789ab", "lxc:web", "machine:web" by the text
/// of a /proc/PID/cgroup, of version 1 or 2. Empty if the process is in the root cgroup, or the
/// text has no such path.
std::string cgroup_name(std::string_view file);

/// Reads the names of processes and caches them. Not thread-safe.
class CgroupNames {
 public:
  /// Empty for a process that no longer exists. `exe` distinguishes processes that have had the
  /// same number one after the other. Valid until the next call. Reads one file if the process is
  /// not known yet.
  const std::string& name_of(pid_t pid, std::string_view exe);

 private:
  struct CachedProcess {
    std::string exe;
    std::string name;
  };

  static constexpr std::size_t kMaxCached = 8192;

  std::unordered_map<pid_t, CachedProcess> cached_;
};

}  // namespace synfin
