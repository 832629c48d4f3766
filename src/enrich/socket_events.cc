// SocketEvents: libbpf, the ring buffer and its reader. See socket_events.h.
#include "synfin/enrich/socket_events.h"

#ifdef SYNFIN_EBPF
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <poll.h>
#include <socket_events.skel.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "synfin/base/thread.h"
#endif

namespace synfin {

#ifdef SYNFIN_EBPF
namespace {

/// The inode number of the initial process-id namespace (linux/proc_ns.h, PROC_PID_INIT_INO).
constexpr ino_t kFirstPidNamespace = 0xEFFFFFFC;

ino_t inode_of(const char* path) {
  struct stat status {};
  return stat(path, &status) == 0 ? status.st_ino : 0;
}

std::int64_t now_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Error failure(int error) {
  if (error == EPERM || error == EACCES)
    return {"eBPF is not permitted: it needs root, or CAP_BPF and CAP_PERFMON"};
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
    return {"eBPF needs a kernel with BTF (/sys/kernel/btf/vmlinux)"};
  return {fmt::format("the kernel rejects the eBPF program: {}",
                      std::generic_category().message(error))};
}

struct CloseProgram {
  void operator()(socket_events_program* program) const { socket_events_program__destroy(program); }
};
struct CloseRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

}  // namespace

/// `mutex_` protects the ring and `owners_`. A query reads the ring first.
class SocketEvents::Loop {
 public:
  Loop() : owners_(static_cast<std::uint32_t>(inode_of("/proc/self/ns/net"))) {}
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Status open();
  void start() {
    thread_ = start_thread(ThreadRole::Sockets, [this] { run(); });
  }

  template <typename Query>
  auto query(const Query& query) {
    const std::lock_guard lock(mutex_);
    read();
    return query(owners_);
  }
  std::uint64_t lost() const {
    return __atomic_load_n(&program_->bss->lost, __ATOMIC_RELAXED) +
           not_added_.load(std::memory_order_relaxed);
  }

 private:
  static int on_record(void* self, void* data, std::size_t size) noexcept;
  void read();
  void run();

  std::unique_ptr<socket_events_program, CloseProgram> program_;
  std::unique_ptr<ring_buffer, CloseRing> ring_;
  int stop_ = -1;
  std::thread thread_;
  std::mutex mutex_;
  SocketOwnerCache owners_;
  Duration clock_{};
  std::atomic<std::uint64_t> not_added_{0};  ///< records that found no memory
};

SocketEvents::Loop::~Loop() {
  if (thread_.joinable()) {
    eventfd_write(stop_, 1);
    thread_.join();
  }
  if (stop_ >= 0) close(stop_);
}

Status SocketEvents::Loop::open() {
  // In another namespace, /proc shows other process numbers than the kernel reports.
  if (inode_of("/proc/self/ns/pid") != kFirstPidNamespace)
    return Error{"eBPF is not used in a process-id namespace (a container)"};
  libbpf_set_print(nullptr);
  program_.reset(socket_events_program__open_and_load());
  if (!program_) return failure(errno);
  if (const int error = socket_events_program__attach(program_.get()); error != 0)
    return failure(-error);
  ring_.reset(ring_buffer__new(bpf_map__fd(program_->maps.records), &on_record, this, nullptr));
  if (!ring_) return failure(errno);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) return failure(errno);
  return Ok{};
}

int SocketEvents::Loop::on_record(void* self, void* data, std::size_t size) noexcept {
  auto& loop = *static_cast<Loop*>(self);
  try {
    loop.owners_.add({static_cast<const char*>(data), size}, loop.clock_);
  } catch (...) {  // libbpf is C: no exception may pass through it
    loop.not_added_.fetch_add(1, std::memory_order_relaxed);
  }
  return 0;
}

void SocketEvents::Loop::read() {
  clock_ = Duration{now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC)};
  ring_buffer__consume(ring_.get());
}

void SocketEvents::Loop::run() {
  pollfd wakers[] = {{ring_buffer__epoll_fd(ring_.get()), POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(wakers, 2, -1) >= 0 || errno == EINTR) {
    if (wakers[1].revents != 0) return;
    const std::lock_guard lock(mutex_);
    read();
  }
}

Result<std::unique_ptr<SocketEvents>> SocketEvents::open() {
  auto loop = std::make_unique<Loop>();
  if (const Status opened = loop->open(); !opened) return opened.error();
  return std::unique_ptr<SocketEvents>(new SocketEvents(std::move(loop)));
}

void SocketEvents::start() { loop_->start(); }

KnownProcessPtr SocketEvents::of_connection(const Endpoint& local, const Endpoint& remote,
                                            Timestamp since) {
  return loop_->query([&](SocketOwnerCache& o) { return o.of_connection(local, remote, since); });
}

KnownProcessPtr SocketEvents::of_listener(const Endpoint& local, Timestamp since) {
  return loop_->query([&](SocketOwnerCache& o) { return o.of_listener(local, since); });
}

KnownProcessPtr SocketEvents::of_cookie(std::uint64_t cookie) {
  return loop_->query([&](SocketOwnerCache& o) { return o.of_cookie(cookie); });
}

bool SocketEvents::elsewhere() {
  return loop_->query([](SocketOwnerCache& o) { return o.elsewhere(); });
}

std::uint64_t SocketEvents::lost() const { return loop_->lost(); }

#else  // built without clang, bpftool or libbpf

class SocketEvents::Loop {};

Result<std::unique_ptr<SocketEvents>> SocketEvents::open() {
  return Error{"this synfin was built without eBPF"};
}
void SocketEvents::start() {}
KnownProcessPtr SocketEvents::of_connection(const Endpoint&, const Endpoint&, Timestamp) {
  return nullptr;
}
KnownProcessPtr SocketEvents::of_listener(const Endpoint&, Timestamp) { return nullptr; }
KnownProcessPtr SocketEvents::of_cookie(std::uint64_t) { return nullptr; }
bool SocketEvents::elsewhere() { return false; }
std::uint64_t SocketEvents::lost() const { return 0; }

#endif

SocketEvents::SocketEvents(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
SocketEvents::~SocketEvents() = default;

}  // namespace synfin
