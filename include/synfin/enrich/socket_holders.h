/// \file
/// SocketHolders: finds the process that holds a socket through /proc/PID/fd, and reads process
/// details from /proc. Spec: proc(5). Tested in tests/unit/enrich/process_finder_test.cc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace synfin {

struct ProcessImage {
  std::string exe;      ///< path of the executable, or the short name if the path is unknown
  std::string cmdline;  ///< arguments separated by blanks
};

/// Turns zero-terminated arguments into text separated by blanks.
std::string join_arguments(std::string_view arguments);

/// Returns empty texts for a process that has ended or that this user may not inspect.
ProcessImage read_process_image(pid_t pid);

/// Returns the name of a user, or the number if there is no name.
std::string user_name(uid_t uid);

/// The helper process that may inspect the processes of all users, for a process that may not. Any
/// thread may use it.
class ProcessHelper {
 public:
  virtual ~ProcessHelper() = default;
  /// As SocketHolders::holder_of(). Without `thorough` only likely processes are searched. Empty
  /// if the helper process has ended.
  virtual std::optional<pid_t> holder_of(std::uint64_t inode, pid_t likely, bool thorough) = 0;
  /// As read_process_image().
  virtual std::optional<ProcessImage> image_of(pid_t pid) = 0;
};

/// Sets the helper that this header's functions use. REQUIRES: no other thread runs.
void set_process_helper(ProcessHelper* helper);

/// Caches the sockets it has seen and searches the youngest processes first, because new sockets
/// mostly belong to them. If a process and its copies (fork(2) without execve(2)) hold a socket,
/// the socket belongs to the original process. Not thread-safe.
class SocketHolders {
 public:
  /// Returns 0 if no process that this user may inspect holds the socket. `likely`, if not 0, is
  /// searched first. `still_open` is called before a long search, so that a closed socket does not
  /// cause one.
  pid_t holder_of(
      std::uint64_t inode, pid_t likely = 0,
      const std::function<bool()>& still_open = [] { return true; });

  /// The first part of holder_of(): the caches, `likely` and the youngest processes.
  pid_t holder_among_likely(std::uint64_t inode, pid_t likely);
  /// The last part: as many processes as the time allows.
  pid_t search_all(std::uint64_t inode);

 private:
  struct Holder {
    pid_t pid;
    int fd;
  };

  bool still_holds(std::uint64_t inode, const Holder& holder) const;
  pid_t search_latest(std::uint64_t inode);
  pid_t original_holder(pid_t holder, std::uint64_t inode);
  void list_processes();
  /// Caches all sockets of `pid`. Returns true if `wanted` is among them.
  bool scan(pid_t pid, std::uint64_t wanted);

  static constexpr std::size_t kMaxKnown = 1u << 16;
  /// The number of latest process numbers that are tried without a list of all processes.
  static constexpr pid_t kLatest = 12;
  static constexpr int kMaxCopies = 8;
  /// How many of the youngest processes every search covers. Searches beyond them may take 1/kShare
  /// of the time, and at most kMaxBurst in a row.
  static constexpr std::size_t kYoung = 24;
  static constexpr int kShare = 4;
  static constexpr std::chrono::nanoseconds kMaxBurst = std::chrono::milliseconds{200};

  std::unordered_map<std::uint64_t, Holder> known_;  ///< by inode
  std::vector<pid_t> processes_;                     ///< the youngest first
  std::chrono::nanoseconds allowance_ = kMaxBurst;
  std::chrono::steady_clock::time_point refilled_ = std::chrono::steady_clock::now();
};

}  // namespace synfin
