// See socket_holders.h.
#include "synfin/enrich/socket_holders.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kMaxCmdline = 4096;

ProcessHelper* helper = nullptr;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

template <typename Number>
bool parse(std::string_view text, Number& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

/// Returns N if the link is "socket:[N]", else 0.
std::uint64_t inode_behind(int folder, const char* name) {
  std::array<char, 64> target;
  const ssize_t n = readlinkat(folder, name, target.data(), target.size());
  if (n <= 0) return 0;
  std::string_view text(target.data(), static_cast<std::size_t>(n));
  constexpr std::string_view kBegin = "socket:[";
  std::uint64_t inode = 0;
  if (!text.starts_with(kBegin) || text.back() != ']') return 0;
  text = text.substr(kBegin.size(), text.size() - kBegin.size() - 1);
  return parse(text, inode) ? inode : 0;
}

std::string read_file(const std::string& path, std::size_t max_size) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(max_size, '\0');
  const ssize_t n = read(fd, text.data(), text.size());
  close(fd);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

/// Returns the latest process or thread number: the last field of "0.00 … 1/97 4711".
pid_t latest_number() {
  std::string text = read_file("/proc/loadavg", 128);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  pid_t number = 0;
  return parse(std::string_view(text).substr(text.rfind(' ') + 1), number) ? number : 0;
}

/// Returns the process of a thread (a process is its own first thread), or 0 if it has ended.
pid_t process_of(pid_t number) {
  const std::string status = read_file(fmt::format("/proc/{}/status", number), 1024);
  constexpr std::string_view kTag = "\nTgid:\t";
  const std::size_t begin = status.find(kTag);
  if (begin == std::string::npos) return 0;
  const std::size_t from = begin + kTag.size();
  pid_t pid = 0;
  return parse(std::string_view(status).substr(from, status.find('\n', from) - from), pid) ? pid
                                                                                           : 0;
}

/// Returns the parent of a process that has not executed a program since it was forked, else 0
/// (proc(5), /proc/PID/stat: ppid, and PF_FORKNOEXEC in flags).
pid_t parent_of_copy(pid_t pid) {
  constexpr unsigned kForkedWithoutExec = 0x40;
  const std::string stat = read_file(fmt::format("/proc/{}/stat", pid), 1024);
  const std::size_t name_end = stat.rfind(')');  // a name may have blanks and parentheses
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string state;
  pid_t parent = 0;
  long group = 0, session = 0, terminal = 0, terminal_group = 0;
  unsigned flags = 0;
  fields >> state >> parent >> group >> session >> terminal >> terminal_group >> flags;
  return fields && (flags & kForkedWithoutExec) != 0 ? parent : 0;
}

}  // namespace

std::string join_arguments(std::string_view arguments) {
  std::string text(arguments);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

void set_process_helper(ProcessHelper* now) { helper = now; }

ProcessImage read_process_image(pid_t pid) {
  if (helper != nullptr) {
    if (auto image = helper->image_of(pid)) return std::move(*image);
  }
  ProcessImage image;
  const std::string folder = fmt::format("/proc/{}/", pid);
  std::array<char, 4096> target;
  const ssize_t n = readlink((folder + "exe").c_str(), target.data(), target.size());
  if (n > 0) {
    image.exe.assign(target.data(), static_cast<std::size_t>(n));
  } else {
    image.exe = read_file(folder + "comm", 64);
    if (!image.exe.empty() && image.exe.back() == '\n') image.exe.pop_back();
  }
  image.cmdline = join_arguments(read_file(folder + "cmdline", kMaxCmdline));
  return image;
}

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

bool SocketHolders::still_holds(std::uint64_t inode, const Holder& holder) const {
  return inode_behind(AT_FDCWD, fmt::format("/proc/{}/fd/{}", holder.pid, holder.fd).c_str()) ==
         inode;
}

void SocketHolders::list_processes() {
  processes_.clear();
  const Folder folder(opendir("/proc"));
  if (!folder) return;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread uses this stream
  while (const dirent* entry = readdir(folder.get())) {
    pid_t pid = 0;
    if (parse(entry->d_name, pid)) processes_.push_back(pid);
  }
  std::sort(processes_.begin(), processes_.end(), std::greater<>());
}

bool SocketHolders::scan(pid_t pid, std::uint64_t wanted) {
  const Folder folder(opendir(fmt::format("/proc/{}/fd", pid).c_str()));
  if (!folder) return false;
  if (known_.size() >= kMaxKnown) known_.clear();
  bool found = false;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread uses this stream
  while (const dirent* entry = readdir(folder.get())) {
    int fd = 0;
    if (!parse(entry->d_name, fd)) continue;
    const std::uint64_t inode = inode_behind(dirfd(folder.get()), entry->d_name);
    if (inode == 0) continue;
    known_[inode] = {pid, fd};
    found = found || inode == wanted;
  }
  return found;
}

/// Returns the process that `holder` was copied from, if that holds the socket, too: a copy has all
/// sockets of the original until it executes another program.
pid_t SocketHolders::original_holder(pid_t holder, std::uint64_t inode) {
  for (int copies = 0; copies < kMaxCopies; ++copies) {
    const pid_t parent = parent_of_copy(holder);
    if (parent == 0 || !scan(parent, inode)) break;
    holder = parent;
  }
  return holder;
}

/// Searches without a list of all processes, because reading that takes longer than short processes
/// live.
pid_t SocketHolders::search_latest(std::uint64_t inode) {
  const pid_t latest = latest_number();
  pid_t before = 0;  // the threads of a server have neighbouring numbers
  for (pid_t number = latest; number > 0 && number > latest - kLatest; --number) {
    const pid_t pid = process_of(number);
    if (pid == 0 || pid == before) continue;
    if (scan(pid, inode)) return original_holder(pid, inode);
    before = pid;
  }
  return 0;
}

pid_t SocketHolders::search_all(std::uint64_t inode) {
  list_processes();
  const auto begin = std::chrono::steady_clock::now();
  allowance_ = std::min(kMaxBurst, allowance_ + (begin - refilled_) / kShare);
  refilled_ = begin;
  pid_t holder = 0;
  std::size_t scanned = 0;
  for (const pid_t pid : processes_) {
    if (scanned++ == kYoung && allowance_.count() <= 0) break;
    if (!scan(pid, inode)) continue;
    holder = original_holder(pid, inode);
    break;
  }
  if (scanned > kYoung) allowance_ -= std::chrono::steady_clock::now() - begin;
  return holder;
}

pid_t SocketHolders::holder_among_likely(std::uint64_t inode, pid_t likely) {
  if (const auto at = known_.find(inode); at != known_.end()) {
    if (still_holds(inode, at->second)) return at->second.pid;
    known_.erase(at);
  }
  if (likely != 0 && scan(likely, inode)) return likely;
  return search_latest(inode);
}

pid_t SocketHolders::holder_of(std::uint64_t inode, pid_t likely,
                               const std::function<bool()>& still_open) {
  if (inode == 0) return 0;
  if (helper != nullptr) {
    std::optional<pid_t> pid = helper->holder_of(inode, likely, false);
    if (pid && *pid == 0 && still_open()) pid = helper->holder_of(inode, likely, true);
    if (pid) return *pid;
  }
  if (const pid_t pid = holder_among_likely(inode, likely); pid != 0) return pid;
  return still_open() ? search_all(inode) : 0;
}

}  // namespace synfin
