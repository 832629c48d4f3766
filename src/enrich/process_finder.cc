// ProcessFinder's thread. See process_finder.h.
#include "synfin/enrich/process_finder.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "enrich/cgroup_names.h"
#include "enrich/net_namespaces.h"
#include "enrich/request_queue.h"
#include "synfin/base/thread.h"
#include "synfin/enrich/socket_holders.h"
#include "synfin/enrich/socket_table.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxWaiting = 8192;

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

/// All members but `queue_` belong to the thread.
class ProcessFinder::Loop {
 public:
  Loop(std::shared_ptr<SocketMonitor> sockets, std::unique_ptr<SocketEvents> events,
       bool namespaces)
      : sockets_(std::move(sockets)), events_(std::move(events)), namespaces_(namespaces) {}
  ~Loop() {
    queue_.stop();
    if (thread_.joinable()) thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start() {
    if (events_) events_->start();
    thread_ = start_thread(ThreadRole::Processes, [this] { queue_.serve([this] { run(); }); });
  }
  void ask(std::span<const ProcessQuestion> questions);
  void take(std::vector<ProcessAnswer>& answers) { queue_.take(answers); }
  bool wait(Clock::time_point deadline) { return queue_.wait(deadline); }
  const SocketEvents* events() const { return events_.get(); }
  bool elsewhere() const { return elsewhere_.load(std::memory_order_relaxed); }

 private:
  using Found = std::optional<SocketInfo>;
  /// Look-ups in one network namespace.
  struct Lookup {
    std::function<Found(const Endpoint&, const Endpoint&)> find;
    std::function<Found(const Endpoint&)> find_listener;
  };

  void run();
  ProcessAnswer answer(const ProcessQuestion& question);
  void look_elsewhere();
  ProcessOwner owner_of(const Endpoint& local, const Endpoint& remote, bool here, Timestamp since);
  ProcessOwner owner(const KnownProcess& process, ProcessBasis basis);
  ProcessOwner holder_of(const Lookup& lookup, const SocketInfo& socket, ProcessBasis basis);
  std::optional<ProcessOwner> owner_in(std::span<const Lookup> lookups, const Endpoint& local,
                                       const Endpoint& remote, bool here);
  Lookup own_lookup();
  std::vector<Lookup> other_lookups();
  std::string user_of(uid_t uid);

  std::shared_ptr<SocketMonitor> sockets_;
  std::unique_ptr<SocketEvents> events_;
  bool namespaces_;
  NetNamespaces others_;
  std::atomic<bool> elsewhere_ = false;
  SocketHolders holders_;
  /// The holder of the latest socket of each local port. Accepted sockets mostly belong to the
  /// process of the listener.
  std::array<pid_t, 65536> likely_{};
  std::map<uid_t, std::string> users_;
  CgroupNames units_;
  RequestQueue<ProcessQuestion, ProcessAnswer> queue_{kMaxWaiting};
  std::thread thread_;
};

void ProcessFinder::Loop::ask(std::span<const ProcessQuestion> questions) {
  const std::size_t accepted = queue_.ask(questions);
  std::vector<ProcessAnswer> empty;
  for (const ProcessQuestion& question : questions.subspan(accepted)) {
    empty.push_back({question.tuple, {}, {}});
  }
  queue_.answer(empty);
}

void ProcessFinder::Loop::run() {
  std::vector<ProcessAnswer> found;
  for (;;) {
    const std::vector<ProcessQuestion> questions = queue_.wait_for_questions();
    if (questions.empty()) return;
    // The youngest question first, because its process may end first.
    for (auto question = questions.rbegin(); question != questions.rend(); ++question) {
      if (queue_.stopped()) return;
      found.push_back(answer(*question));
      queue_.answer(found);
    }
  }
}

ProcessFinder::Loop::Lookup ProcessFinder::Loop::own_lookup() {
  return {[this](const Endpoint& local, const Endpoint& remote) {
            return sockets_->find(local, remote);
          },
          [this](const Endpoint& local) { return sockets_->find_listener(local); }};
}

std::vector<ProcessFinder::Loop::Lookup> ProcessFinder::Loop::other_lookups() {
  std::vector<Lookup> lookups;
  for (SocketTable& table : others_.tables()) {
    lookups.push_back({[&table](const Endpoint& local, const Endpoint& remote) {
                         auto found = table.find(local, remote);
                         return found ? std::move(*found) : Found{};
                       },
                       [&table](const Endpoint& local) {
                         auto found = table.find_listener(local);
                         return found ? std::move(*found) : Found{};
                       }});
  }
  return lookups;
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
          process.image.exe,
          process.image.cmdline,
          units_.name_of(static_cast<pid_t>(process.pid), process.image.exe)};
}

ProcessOwner ProcessFinder::Loop::holder_of(const Lookup& lookup, const SocketInfo& socket,
                                            ProcessBasis basis) {
  if (events_) {
    if (const auto process = events_->of_cookie(socket.cookie)) return owner(*process, basis);
  }
  const auto still_open = [&] {
    const Found found = socket.listening() ? lookup.find_listener(socket.local)
                                           : lookup.find(socket.local, socket.remote);
    return found && found->inode == socket.inode;
  };
  ProcessOwner owner;
  owner.basis = basis;
  owner.user = user_of(socket.uid);
  pid_t& likely = likely_[socket.local.port];
  const pid_t pid = holders_.holder_of(socket.inode, likely, still_open);
  if (pid != 0) likely = pid;
  owner.pid = static_cast<std::uint32_t>(pid);
  if (pid == 0) return owner;
  ProcessImage image = read_process_image(pid);
  owner.unit = units_.name_of(pid, image.exe);
  owner.exe = std::move(image.exe);
  owner.cmdline = std::move(image.cmdline);
  return owner;
}

/// Returns the holder of the socket with these ends. If it has none and `local` is on this host,
/// returns the holder of the listener.
std::optional<ProcessOwner> ProcessFinder::Loop::owner_in(std::span<const Lookup> lookups,
                                                          const Endpoint& local,
                                                          const Endpoint& remote, bool here) {
  std::optional<ProcessOwner> owner;
  for (const Lookup& lookup : lookups) {
    const Found found = lookup.find(local, remote);
    if (!found || found->inode == 0) continue;
    owner = holder_of(lookup, *found, ProcessBasis::Socket);
    if (owner->pid != 0 || !here) return owner;
  }
  for (const Lookup& lookup : lookups) {
    if (!here) break;
    const Found found = lookup.find_listener(local);
    if (!found) continue;
    ProcessOwner listener = holder_of(lookup, *found, ProcessBasis::Listener);
    if (!owner || listener.pid != 0) return listener;
  }
  return owner;
}

ProcessOwner ProcessFinder::Loop::owner_of(const Endpoint& local, const Endpoint& remote, bool here,
                                           Timestamp since) {
  const auto by_events = [&]() -> std::optional<ProcessOwner> {
    const auto process = events_ ? events_->of_connection(local, remote, since) : nullptr;
    if (!process) return std::nullopt;
    return owner(*process, ProcessBasis::Socket);
  };
  if (auto known = by_events()) return std::move(*known);
  const Lookup own = own_lookup();
  auto found = owner_in({&own, 1}, local, remote, here);
  if (!found && namespaces_) found = owner_in(other_lookups(), local, remote, here);
  if (found && found->pid != 0 && found->basis == ProcessBasis::Socket) return std::move(*found);
  // The socket may have been closed, and reported, during the search.
  if (auto closed = by_events()) return std::move(*closed);
  if (found) return std::move(*found);
  if (events_ && here) {
    if (const auto process = events_->of_listener(local, since))
      return owner(*process, ProcessBasis::Listener);
  }
  ProcessOwner gone;
  if (here) gone.basis = ProcessBasis::Gone;
  return gone;
}

void ProcessFinder::Loop::look_elsewhere() {
  if (elsewhere() || !namespaces_) return;
  elsewhere_ = (events_ && events_->elsewhere()) || !others_.tables().empty();
}

ProcessAnswer ProcessFinder::Loop::answer(const ProcessQuestion& question) {
  look_elsewhere();
  ProcessAnswer answer;
  answer.tuple = question.tuple;
  const FiveTuple& t = question.tuple;
  answer.orig = owner_of(t.orig, t.resp, question.orig_here, question.since);
  answer.resp = owner_of(t.resp, t.orig, question.resp_here, question.since);
  return answer;
}

ProcessFinder::ProcessFinder(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
ProcessFinder::~ProcessFinder() = default;

Result<std::unique_ptr<ProcessFinder>> ProcessFinder::start(std::shared_ptr<SocketMonitor> sockets,
                                                            std::unique_ptr<SocketEvents> events,
                                                            bool namespaces) {
  auto loop = std::make_unique<Loop>(std::move(sockets), std::move(events), namespaces);
  loop->start();
  return std::unique_ptr<ProcessFinder>(new ProcessFinder(std::move(loop)));
}

void ProcessFinder::ask(std::span<const ProcessQuestion> questions) { loop_->ask(questions); }
void ProcessFinder::take(std::vector<ProcessAnswer>& answers) { loop_->take(answers); }
bool ProcessFinder::wait(Clock::time_point deadline) { return loop_->wait(deadline); }

bool ProcessFinder::elsewhere() const { return loop_->elsewhere(); }

std::string ProcessFinder::method() const {
  const char* const base = "the kernel's socket table and /proc";
  return loop_->events() ? fmt::format("eBPF on sock:inet_sock_set_state, {}", base) : base;
}

std::uint64_t ProcessFinder::lost() const { return loop_->events() ? loop_->events()->lost() : 0; }

}  // namespace synfin
