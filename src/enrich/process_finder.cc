// ProcessFinder's thread: questions in, sockets and processes looked up, answers out. See
// process_finder.h.
#include "synfin/enrich/process_finder.h"

#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "enrich/cgroup_names.h"
#include "enrich/net_namespaces.h"
#include "synfin/enrich/socket_holders.h"
#include "synfin/enrich/socket_table.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostWaiting = 8192;

}  // namespace

std::string_view to_string(ProcessBasis basis) {
  switch (basis) {
    case ProcessBasis::Gone:
      return "gone";
    case ProcessBasis::Listener:
      return "listener";
    case ProcessBasis::Socket:
      return "socket";
    case ProcessBasis::None:
      break;
  }
  return {};
}

/// All members but those under `mutex_` belong to the thread.
class ProcessFinder::Loop {
 public:
  Loop(SocketTable table, std::unique_ptr<SocketEvents> events, bool namespaces)
      : namespaces_(namespaces), events_(std::move(events)) {
    tables_.push_back(std::move(table));
  }
  ~Loop();

  void start() {
    if (events_) events_->start();
    thread_ = std::thread([this] { run(); });
  }
  void ask(std::span<const ProcessQuestion> questions);
  void take(std::vector<ProcessAnswer>& answers);
  void wait(Clock::time_point deadline);
  const SocketEvents* events() const { return events_.get(); }

 private:
  void run();
  ProcessAnswer answer(const ProcessQuestion& question);
  ProcessOwner owner_of(const Endpoint& local, const Endpoint& remote, bool here, Timestamp since);
  ProcessOwner owner(const KnownProcess& process, ProcessBasis basis);
  ProcessOwner holder_of(SocketTable& table, const SocketInfo& socket, ProcessBasis basis);
  std::optional<ProcessOwner> owner_in(std::vector<SocketTable>& tables, const Endpoint& local,
                                       const Endpoint& remote, bool here);
  std::string user_of(uid_t uid);

  bool namespaces_;
  std::unique_ptr<SocketEvents> events_;
  std::vector<SocketTable> tables_;  ///< our own namespace first
  NetNamespaces others_;
  SocketHolders holders_;
  /// By local port, who held its latest socket: what is accepted is mostly the listener's.
  std::array<pid_t, 65536> likely_{};
  std::map<uid_t, std::string> users_;
  CgroupNames units_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::vector<ProcessQuestion> questions_;
  std::vector<ProcessAnswer> answers_;
};

ProcessFinder::Loop::~Loop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ProcessFinder::Loop::ask(std::span<const ProcessQuestion> questions) {
  {
    const std::lock_guard lock(mutex_);
    for (const ProcessQuestion& question : questions) {
      if (questions_.size() < kMostWaiting) {
        questions_.push_back(question);
      } else {
        answers_.push_back({question.tuple, {}, {}});
      }
    }
  }
  changed_.notify_all();
}

void ProcessFinder::Loop::take(std::vector<ProcessAnswer>& answers) {
  const std::lock_guard lock(mutex_);
  std::move(answers_.begin(), answers_.end(), std::back_inserter(answers));
  answers_.clear();
}

void ProcessFinder::Loop::wait(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return !answers_.empty(); });
}

void ProcessFinder::Loop::run() {
  std::vector<ProcessQuestion> asked;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    changed_.wait(lock, [this] { return stop_ || !questions_.empty(); });
    asked.clear();
    asked.swap(questions_);
    lock.unlock();
    // The youngest first: their processes are the first to go.
    for (auto question = asked.rbegin(); question != asked.rend(); ++question) {
      ProcessAnswer found = answer(*question);
      const std::lock_guard hand_over(mutex_);
      answers_.push_back(std::move(found));
      if (stop_) break;
    }
    changed_.notify_all();
    lock.lock();
  }
}

std::string ProcessFinder::Loop::user_of(uid_t uid) {
  if (users_.size() > 1024) users_.clear();
  const auto [at, fresh] = users_.try_emplace(uid);
  if (fresh) at->second = user_name(uid);
  return at->second;
}

ProcessOwner ProcessFinder::Loop::owner(const KnownProcess& process, ProcessBasis basis) {
  return {basis,
          process.pid,
          user_of(process.uid),
          process.words.exe,
          process.words.cmdline,
          units_.name_of(static_cast<pid_t>(process.pid), process.words.exe)};
}

ProcessOwner ProcessFinder::Loop::holder_of(SocketTable& table, const SocketInfo& socket,
                                            ProcessBasis basis) {
  if (events_) {
    if (const auto process = events_->of_cookie(socket.cookie)) return owner(*process, basis);
  }
  const auto still_there = [&] {
    const auto found = socket.listening() ? table.find_listener(socket.local)
                                          : table.find(socket.local, socket.remote);
    return found && *found && (*found)->inode == socket.inode;
  };
  ProcessOwner owner;
  owner.basis = basis;
  owner.user = user_of(socket.uid);
  pid_t& likely = likely_[socket.local.port];
  const pid_t pid = holders_.holder_of(socket.inode, likely, still_there);
  if (pid != 0) likely = pid;
  owner.pid = static_cast<std::uint32_t>(pid);
  if (pid == 0) return owner;
  ProcessWords words = words_of(pid);
  owner.unit = units_.name_of(pid, words.exe);
  owner.exe = std::move(words.exe);
  owner.cmdline = std::move(words.cmdline);
  return owner;
}

/// The socket with these ends, else, where `local` is here, the one that listens. The listener's
/// too where the socket was closed while its process was looked for.
std::optional<ProcessOwner> ProcessFinder::Loop::owner_in(std::vector<SocketTable>& tables,
                                                          const Endpoint& local,
                                                          const Endpoint& remote, bool here) {
  std::optional<ProcessOwner> owner;
  for (SocketTable& table : tables) {
    const auto found = table.find(local, remote);
    if (!found || !*found || (*found)->inode == 0) continue;
    owner = holder_of(table, **found, ProcessBasis::Socket);
    if (owner->pid != 0 || !here) return owner;
  }
  for (SocketTable& table : tables) {
    if (!here) break;
    const auto found = table.find_listener(local);
    if (!found || !*found) continue;
    ProcessOwner listener = holder_of(table, **found, ProcessBasis::Listener);
    if (!owner || listener.pid != 0) return listener;
  }
  return owner;
}

ProcessOwner ProcessFinder::Loop::owner_of(const Endpoint& local, const Endpoint& remote, bool here,
                                           Timestamp since) {
  const auto deed = [&]() -> std::optional<ProcessOwner> {
    const auto process = events_ ? events_->of_connection(local, remote, since) : nullptr;
    if (!process) return std::nullopt;
    return owner(*process, ProcessBasis::Socket);
  };
  if (auto known = deed()) return std::move(*known);
  auto found = owner_in(tables_, local, remote, here);
  if (!found && namespaces_) found = owner_in(others_.tables(), local, remote, here);
  if (found && found->pid != 0 && found->basis == ProcessBasis::Socket) return std::move(*found);
  if (auto closed = deed()) return std::move(*closed);  // while it was looked for
  if (found) return std::move(*found);
  if (events_ && here) {
    if (const auto process = events_->of_listener(local, since))
      return owner(*process, ProcessBasis::Listener);
  }
  ProcessOwner gone;
  if (here) gone.basis = ProcessBasis::Gone;
  return gone;
}

ProcessAnswer ProcessFinder::Loop::answer(const ProcessQuestion& question) {
  ProcessAnswer answer;
  answer.tuple = question.tuple;
  const FiveTuple& t = question.tuple;
  answer.orig = owner_of(t.orig, t.resp, question.orig_here, question.since);
  answer.resp = owner_of(t.resp, t.orig, question.resp_here, question.since);
  return answer;
}

ProcessFinder::ProcessFinder(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
ProcessFinder::~ProcessFinder() = default;

Result<std::unique_ptr<ProcessFinder>> ProcessFinder::start(std::unique_ptr<SocketEvents> events,
                                                            bool namespaces) {
  auto table = SocketTable::open();
  if (!table) return table.error();
  auto loop = std::make_unique<Loop>(std::move(*table), std::move(events), namespaces);
  loop->start();
  return std::unique_ptr<ProcessFinder>(new ProcessFinder(std::move(loop)));
}

void ProcessFinder::ask(std::span<const ProcessQuestion> questions) { loop_->ask(questions); }
void ProcessFinder::take(std::vector<ProcessAnswer>& answers) { loop_->take(answers); }
void ProcessFinder::wait(Clock::time_point deadline) { loop_->wait(deadline); }

std::string ProcessFinder::method() const {
  const char* const always = "the kernel's socket table and /proc";
  return loop_->events() ? fmt::format("eBPF on sock:inet_sock_set_state, {}", always) : always;
}

std::uint64_t ProcessFinder::lost() const { return loop_->events() ? loop_->events()->lost() : 0; }

}  // namespace synfin
