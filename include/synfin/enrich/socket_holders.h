/// \file
/// SocketHolders: the process that holds a socket, by /proc/PID/fd; and what /proc says of a
/// process. Spec: proc(5). Tested in tests/unit/enrich/process_finder_test.cc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace synfin {

struct ProcessWords {
  std::string exe;      ///< the executable's path, else the command's short name
  std::string cmdline;  ///< words parted by blanks
};

/// Words that each end with a zero, parted by blanks.
std::string join_words(std::string_view words);

/// Empty texts for a process that is gone or may not be looked at.
ProcessWords words_of(pid_t pid);

/// The name of a user, else the number.
std::string user_name(uid_t uid);

/// Remembers what it has seen, and looks at the youngest processes first: a socket that is asked
/// for is mostly young, and its process too. Not thread-safe.
class SocketHolders {
 public:
  /// 0 where nobody holds it, or nobody that may be looked at. `likely` is looked at first, where
  /// it is not 0. `still_there`: asked before many processes are looked at in vain, for a process
  /// that has ended since.
  pid_t holder_of(
      std::uint64_t inode, pid_t likely = 0,
      const std::function<bool()>& still_there = [] { return true; });

 private:
  struct Holder {
    pid_t pid;
    int fd;
  };

  bool still_holds(std::uint64_t inode, const Holder& holder) const;
  pid_t among_the_latest(std::uint64_t inode);
  pid_t among_all(std::uint64_t inode);
  void list_processes();
  /// Takes in all sockets of `pid`. True when `wanted` is among them.
  bool scan(pid_t pid, std::uint64_t wanted);

  static constexpr std::size_t kMaxKnown = 1u << 16;
  /// Process numbers that are tried at once, down from the latest that the kernel gave.
  static constexpr pid_t kLatest = 12;
  /// Young processes that are looked at each time; to look at all may take this share of the time.
  static constexpr std::size_t kYoung = 24;
  static constexpr int kShare = 4;  ///< 1 ÷
  static constexpr std::chrono::nanoseconds kMostAtOnce = std::chrono::milliseconds{200};

  std::unordered_map<std::uint64_t, Holder> known_;  ///< by inode
  std::vector<pid_t> processes_;                     ///< the youngest first
  std::chrono::nanoseconds allowance_ = kMostAtOnce;
  std::chrono::steady_clock::time_point refilled_ = std::chrono::steady_clock::now();
};

}  // namespace synfin
