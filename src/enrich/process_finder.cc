// ProcessFinder's thread: questions in, sockets and processes looked up, answers out. See
// process_finder.h.
#include "synfin/enrich/process_finder.h"

#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "synfin/enrich/net_namespaces.h"
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
  explicit Loop(SocketTable table, bool namespaces) : namespaces_(namespaces) {
    tables_.push_back(std::move(table));
  }
  ~Loop();

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void ask(std::span<const ProcessQuestion> questions);
  void take(std::vector<ProcessAnswer>& answers);
  void wait(Clock::time_point deadline);

 private:
  void run();
  ProcessAnswer answer(const ProcessQuestion& question);
  ProcessOwner owner_of(const Endpoint& local, const Endpoint& remote, bool here);
  ProcessOwner holder_of(const SocketInfo& socket, ProcessBasis basis);
  std::string user_of(uid_t uid);

  bool namespaces_;
  std::vector<SocketTable> tables_;  ///< our own namespace first
  NetNamespaces others_;
  SocketHolders holders_;
  std::map<uid_t, std::string> users_;
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

ProcessOwner ProcessFinder::Loop::holder_of(const SocketInfo& socket, ProcessBasis basis) {
  ProcessOwner owner;
  owner.basis = basis;
  owner.user = user_of(socket.uid);
  owner.pid = static_cast<std::uint32_t>(holders_.holder_of(socket.inode));
  if (owner.pid == 0) return owner;
  ProcessWords words = words_of(static_cast<pid_t>(owner.pid));
  owner.exe = std::move(words.exe);
  owner.cmdline = std::move(words.cmdline);
  return owner;
}

ProcessOwner ProcessFinder::Loop::owner_of(const Endpoint& local, const Endpoint& remote,
                                           bool here) {
  std::optional<SocketInfo> listener;
  const auto look = [&](SocketTable& table) -> std::optional<SocketInfo> {
    const auto found = table.find(local, remote);
    if (found && *found && (*found)->inode != 0) return **found;
    if (listener || !here) return std::nullopt;
    const auto listening = table.find_listener(local);
    if (listening && *listening) listener = **listening;
    return std::nullopt;
  };
  for (SocketTable& table : tables_) {
    if (const auto socket = look(table)) return holder_of(*socket, ProcessBasis::Socket);
  }
  if (!listener && namespaces_) {
    for (SocketTable& table : others_.tables()) {
      if (const auto socket = look(table)) return holder_of(*socket, ProcessBasis::Socket);
    }
  }
  if (listener) return holder_of(*listener, ProcessBasis::Listener);
  ProcessOwner gone;
  if (here) gone.basis = ProcessBasis::Gone;
  return gone;
}

ProcessAnswer ProcessFinder::Loop::answer(const ProcessQuestion& question) {
  ProcessAnswer answer;
  answer.tuple = question.tuple;
  const FiveTuple& t = question.tuple;
  answer.orig = owner_of(t.orig, t.resp, question.orig_here);
  answer.resp = owner_of(t.resp, t.orig, question.resp_here);
  return answer;
}

ProcessFinder::ProcessFinder(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
ProcessFinder::~ProcessFinder() = default;

Result<std::unique_ptr<ProcessFinder>> ProcessFinder::start(bool namespaces) {
  auto table = SocketTable::open();
  if (!table) return table.error();
  auto loop = std::make_unique<Loop>(std::move(*table), namespaces);
  loop->start();
  return std::unique_ptr<ProcessFinder>(new ProcessFinder(std::move(loop)));
}

void ProcessFinder::ask(std::span<const ProcessQuestion> questions) { loop_->ask(questions); }
void ProcessFinder::take(std::vector<ProcessAnswer>& answers) { loop_->take(answers); }
void ProcessFinder::wait(Clock::time_point deadline) { loop_->wait(deadline); }
std::string ProcessFinder::method() const { return "the kernel's socket table and /proc"; }

}  // namespace synfin
