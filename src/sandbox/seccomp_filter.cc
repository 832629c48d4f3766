// See seccomp_filter.h. A filter is the sum of groups of system calls, each of which serves one
// purpose.
#include "sandbox/seccomp_filter.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace synfin {
namespace {

/// Names of system calls, separated by blanks.
using Names = std::string_view;

/// Memory, time, signals, waiting, and descriptors that are already open.
constexpr std::string_view kCommon =
    "read readv pread64 write writev pwrite64 close fstat lseek munmap mremap madvise brk futex "
    "futex_waitv rt_sigprocmask rt_sigreturn rt_sigtimedwait sigaltstack poll "
    "ppoll select pselect6 clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday "
    "time times getrusage sysinfo getpid getppid gettid getuid geteuid getgid getegid getresuid "
    "getresgid sched_yield sched_getaffinity getcpu getrandom exit exit_group restart_syscall "
    "rseq set_robust_list get_robust_list set_tid_address membarrier eventfd2 dup dup2 dup3 uname "
    "epoll_create1 epoll_ctl epoll_wait epoll_pwait pipe2 recvmsg getsockopt getsockname "
    "getpeername shutdown mincore fadvise64 wait4";
constexpr std::string_view kReadFiles =
    "open openat readlink readlinkat access faccessat faccessat2 stat lstat newfstatat statx "
    "getdents64 getdents memfd_create fstatfs statfs getcwd flock copy_file_range sendfile "
    "splice";
constexpr std::string_view kWriteFiles =
    "ftruncate fallocate fsync fdatasync rename renameat renameat2 unlink unlinkat fchown umask "
    "sync_file_range";
/// Sockets of kinds that cannot leave this host; socket() itself has rules of its own.
constexpr std::string_view kLocalSockets = "bind recvfrom setsockopt";
constexpr std::string_view kResolver = "connect recvfrom recvmmsg bind setsockopt";
constexpr std::string_view kStartThreads =
    "sched_getparam sched_getscheduler getrlimit capget prctl seccomp";
/// Nothing in synfin needs these, so their use means that somebody else runs its code. As every
/// call that ends a process, they raise SIGSYS first, whose handler reports them.
constexpr std::string_view kFatal =
    "execve execveat ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd "
    "pidfd_open mount umount2 pivot_root move_mount open_tree fsopen fsmount keyctl add_key "
    "request_key bpf perf_event_open init_module finit_module delete_module kexec_load "
    "kexec_file_load reboot swapon swapoff chroot setuid setgid setresuid setresgid setgroups "
    "capset unshare userfaultfd io_uring_setup fork vfork acct quotactl open_by_handle_at "
    "settimeofday clock_settime adjtimex iopl ioperm kcmp listen accept";
/// Fatal, too, unless the run serves something.
constexpr std::string_view kAccept = "accept4";
/// Connections that were accepted.
constexpr std::string_view kServe = "accept4 recvfrom setsockopt";

/// Copies, flags, locks, and the size of a pipe. Not among them: to name a process that gets a
/// signal when a descriptor becomes ready, because that sends any signal to any process of the
/// user.
constexpr int kFcntls[] = {F_DUPFD,      F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
                           F_GETFL,      F_SETFL,         F_GETLK,     F_SETLK,
                           F_SETLKW,     F_OFD_GETLK,     F_OFD_SETLK, F_OFD_SETLKW,
                           F_GETPIPE_SZ, F_SETPIPE_SZ,    F_ADD_SEALS, F_GET_SEALS};

/// What terminals, interfaces and perf events need.
constexpr std::uint32_t kIoctls[] = {
    0x5401, 0x5402, 0x5403, 0x5404, 0x540A, 0x540B, 0x540F, 0x5413, 0x541B, 0x5421,  // terminals
    0x8906, 0x8910, 0x8912, 0x8913, 0x8915, 0x891B, 0x8921, 0x8927, 0x8933, 0x8946,  // interfaces
    0x8B01, 0x8B07, 0x2400, 0x2401};  // a wireless interface's name and mode; eBPF links

struct ReleaseContext {
  void operator()(scmp_filter_ctx context) const { seccomp_release(context); }
};

/// Loads a filter. The library hides the kernel's reason. seccomp_load() of libseccomp 2.5 searches
/// forever if it gets no memory, so this first makes sure that there is enough. Throws
/// std::bad_alloc if there is not.
Status enter(scmp_filter_ctx context) {
  constexpr std::size_t kProgram = 256 * 1024;  // stays with the allocator when it is freed
  auto reserve = std::make_unique_for_overwrite<char[]>(kProgram);
  *static_cast<volatile char*>(reserve.get()) = 0;  // a compiler may remove what nobody uses
  reserve.reset();
  if (context != nullptr && seccomp_load(context) == 0) return Ok{};
  return seccomp_is_unavailable();
}

class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : context_(seccomp_init(otherwise)) {
    if (!context_) return;
    // A balanced tree, because the list is long.
    (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  }

  void add(std::uint32_t action, Names names) {
    while (!names.empty()) {
      const std::size_t end = std::min(names.find(' '), names.size());
      add(action, std::string(names.substr(0, end)).c_str(), {});
      names.remove_prefix(std::min(end + 1, names.size()));
    }
  }
  void allow(Names names) { add(SCMP_ACT_ALLOW, names); }
  /// A call that this architecture or library does not know needs no rule.
  void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> arguments) {
    const int number = seccomp_syscall_resolve_name(name);
    if (!context_ || number == __NR_SCMP_ERROR) return;
    const int added = seccomp_rule_add_array(
        context_.get(), action, number, static_cast<unsigned>(arguments.size()), arguments.begin());
    // Without the rule, the sandbox would refuse a call that the run needs.
    if (added == -ENOMEM) throw std::bad_alloc();
  }
  void allow_bits(const char* name, unsigned argument, std::uint64_t mask, std::uint64_t value) {
    add(SCMP_ACT_ALLOW, name, {scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, value}});
  }
  void allow_common() {
    allow(kCommon);
    for (const int command : kFcntls)
      allow_bits("fcntl", 1, kInt, static_cast<std::uint64_t>(command));
    allow_sending("sendmsg", 2);
    allow_signal_handlers();
    allow_own_process();
  }
  /// Nobody may replace the handler that reports a refused call before it ends the process; the
  /// kernel lets nobody ignore or block that signal. SIGSYS is 31, so any other number has one of
  /// the lower five bits clear, or one of the next two set.
  void allow_signal_handlers() {
    static_assert(SIGSYS == 31);
    for (std::uint64_t bit = 1; bit < 32; bit *= 2) allow_bits("rt_sigaction", 0, bit, 0);
    for (const std::uint64_t bit : {32, 64}) allow_bits("rt_sigaction", 0, bit, bit);
  }
  void allow_ioctls() {
    for (const std::uint32_t request : kIoctls) allow_bits("ioctl", 1, kInt, request);
  }
  /// Not with MSG_FASTOPEN, which connects, and which Landlock does not see.
  void allow_sending(const char* name, unsigned flags) { allow_bits(name, flags, MSG_FASTOPEN, 0); }
  void allow_local_sockets() {
    allow(kLocalSockets);
    allow_sending("sendto", 3);
  }
  /// TCP and UDP only. Landlock limits no other protocol that connects, such as MPTCP and SCTP.
  void allow_internet_sockets() {
    for (const int domain : {AF_INET, AF_INET6}) {
      for (const int protocol : {0, static_cast<int>(IPPROTO_TCP)})
        add_socket(SCMP_ACT_ALLOW, domain, SOCK_STREAM, protocol);
      for (const int protocol : {0, static_cast<int>(IPPROTO_UDP)})
        add_socket(SCMP_ACT_ALLOW, domain, SOCK_DGRAM, protocol);
    }
  }
  /// Outputs. Nobody may mark a file so that it runs with the rights of its owner.
  void allow_writing() {
    allow(kWriteFiles);
    allow_bits("fchmod", 1, kInt & ~std::uint64_t{0777}, 0);
  }
  void allow_sockets(std::initializer_list<int> domains) {
    for (const int domain : domains)
      allow_bits("socket", 0, kInt, static_cast<std::uint64_t>(domain));
  }
  /// Local datagram sockets serve questions about interfaces. Stream sockets lead to caches of user
  /// names; the C library does without them.
  void allow_interface_queries() {
    for (const int type : {SOCK_DGRAM, SOCK_RAW}) add_local(SCMP_ACT_ALLOW, type);
    add_local(SCMP_ACT_ERRNO(EACCES), SOCK_STREAM);
    // libpcap's list of interfaces asks for Bluetooth devices.
    add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket",
        {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, kInt, AF_BLUETOOTH}});
    allow_sockets({AF_NETLINK});
  }
  /// Only an attacker connects in a thread that does not query DNS.
  void forbid_connections() { add(SCMP_ACT_TRAP, "connect", {}); }
  /// Signals to this process (abort) and questions about its limits.
  void allow_own_process() {
    allow_bits("tgkill", 0, kInt, static_cast<std::uint64_t>(getpid()));
    allow_bits("prlimit64", 0, kInt, 0);
  }
  /// ncurses, after Ctrl-Z: it stops this process, if that is in the foreground.
  void allow_suspension() {
    add(SCMP_ACT_ALLOW, "kill",
        {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, kInt, static_cast<std::uint64_t>(getpid())},
         scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, kInt, SIGTSTP}});
    allow("getpgrp");
    allow_bits("getpgid", 0, kInt, 0);  // what getpgrp() calls on other architectures
  }
  /// Memory that is executable if nobody can write to it. The C library loads modules that look up
  /// names of users and hosts.
  void allow_modules() {
    for (const char* name : {"mmap", "mprotect"}) {
      allow_bits(name, 2, PROT_EXEC, 0);
      allow_bits(name, 2, PROT_WRITE, 0);
    }
  }
  /// Memory that is not executable.
  void allow_data_pages() {
    allow_bits("mmap", 2, PROT_EXEC, 0);
    allow_bits("mprotect", 2, PROT_EXEC, 0);
  }
  void allow_threads() {
    constexpr std::uint64_t kThread = 0x10000;  // CLONE_THREAD
    allow_bits("clone", 0, kThread, kThread);
    // Its flags are in memory, where a filter cannot read them. The C library then uses clone.
    add(SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
    allow(kStartThreads);
  }

  Status load() const { return enter(context_.get()); }
  std::unique_ptr<void, ReleaseContext> take() { return std::move(context_); }

 private:
  static constexpr std::uint64_t kInt = 0xFFFFFFFF;  // the kernel ignores the upper half of an int

  static constexpr std::uint64_t kTypes = 0xF;  // without SOCK_CLOEXEC and the like

  void add_local(std::uint32_t action, int type) {
    add(action, "socket",
        {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, kInt, AF_UNIX},
         scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, kTypes, static_cast<std::uint64_t>(type)}});
  }
  void add_socket(std::uint32_t action, int domain, int type, int protocol) {
    add(action, "socket",
        {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, kInt, static_cast<std::uint64_t>(domain)},
         scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, kTypes, static_cast<std::uint64_t>(type)},
         scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, kInt, static_cast<std::uint64_t>(protocol)}});
  }

  std::unique_ptr<void, ReleaseContext> context_;
};

/// The action for calls that no list has. With ENOSYS, a C library of another version tries an
/// older call.
std::uint32_t otherwise(const SandboxPlan& plan) {
  return plan.mode == SandboxMode::Strict ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(ENOSYS);
}

void allow_resolver(Filter& filter) {
  filter.allow(kResolver);
  filter.allow_sending("sendto", 3);
  filter.allow_sending("sendmmsg", 3);
  filter.allow_internet_sockets();
  filter.allow_sockets({AF_NETLINK});
}

void allow_role(Filter& filter, ThreadRole role) {
  filter.allow_common();
  filter.allow_data_pages();
  filter.allow_ioctls();
  filter.allow_suspension();  // any thread may get the signal
  filter.allow(kStartThreads);
  if (role == ThreadRole::Decompress) return;
  if (role == ThreadRole::Metrics) {
    filter.allow(kServe);
    return filter.allow_sending("sendto", 3);
  }
  filter.allow(kReadFiles);
  switch (role) {
    case ThreadRole::Main:
    case ThreadRole::Packets:
    case ThreadRole::Output:
      filter.allow_writing();
      filter.allow_local_sockets();
      filter.allow_interface_queries();
      filter.allow_sockets({AF_PACKET});
      filter.allow_threads();
      break;
    case ThreadRole::Processes:
    case ThreadRole::Sockets:
      filter.allow_local_sockets();
      filter.allow_interface_queries();
      break;
    case ThreadRole::Screen:
      filter.allow_writing();
      // It reads this host's sockets for the views.
      filter.allow_local_sockets();
      filter.allow_interface_queries();
      break;
    case ThreadRole::Names:
      allow_resolver(filter);
      break;
    default:
      break;
  }
}

/// For libcurl, which looks up names on a thread of its own, and for SQLite. A call that neither
/// list has fails instead of ending the process, because it depends on the versions of these
/// libraries.
Status confine_sender() {
  Filter filter(SCMP_ACT_ERRNO(ENOSYS));
  filter.add(SCMP_ACT_TRAP, kFatal);
  filter.add(SCMP_ACT_TRAP, kAccept);
  filter.allow_common();
  filter.allow(kReadFiles);
  filter.allow_writing();
  filter.allow("socketpair");
  filter.allow_ioctls();
  filter.allow_threads();
  filter.allow_modules();
  filter.allow_interface_queries();
  allow_resolver(filter);
  return filter.load();
}

}  // namespace

Error seccomp_is_unavailable() {
  return Error{
      "seccomp cannot be used, so system calls are not limited: this kernel or container does not "
      "permit it, or no memory is left"};
}

Status confine_helper(HelperSyscalls needed) {
  if (needed == HelperSyscalls::Sending) return confine_sender();
  Filter filter(SCMP_ACT_TRAP);
  filter.allow_common();
  filter.allow_data_pages();
  if (needed == HelperSyscalls::Files) {
    filter.allow(kReadFiles);
    filter.allow_writing();
    filter.allow_sockets({AF_PACKET});
  } else {
    constexpr std::string_view kOpenless =
        "readlink readlinkat stat lstat newfstatat statx getdents64 getdents fstatfs statfs";
    filter.allow(kOpenless);
    constexpr std::uint64_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    filter.allow_bits("openat", 2, kWriting, 0);
    filter.allow_bits("open", 1, kWriting, 0);
  }
  return filter.load();
}

RunFilter make_run_filter(const SandboxPlan& plan) {
  Filter filter(otherwise(plan));
  filter.add(SCMP_ACT_TRAP, kFatal);
  filter.add(plan.accepts ? SCMP_ACT_ALLOW : SCMP_ACT_TRAP, kAccept);
  filter.allow_common();
  filter.allow_suspension();
  filter.allow(kReadFiles);
  filter.allow_writing();
  filter.allow_local_sockets();
  filter.allow_ioctls();
  filter.allow_threads();
  filter.allow_modules();
  filter.allow_interface_queries();
  filter.allow_sockets({AF_PACKET});
  if (plan.looks_into_namespaces) filter.add(SCMP_ACT_ALLOW, "setns", {});
  if (plan.resolves_names) {
    allow_resolver(filter);
  } else {
    filter.forbid_connections();
  }
  return filter.take();
}

Status confine_run(const RunFilter& filter) { return enter(filter.get()); }

Status confine_thread(ThreadRole role, const SandboxPlan& plan) {
  Filter filter(otherwise(plan));
  allow_role(filter, role);
  if (plan.looks_into_namespaces) filter.add(SCMP_ACT_ALLOW, "setns", {});
  if (role != ThreadRole::Names) filter.forbid_connections();
  return filter.load();
}

}  // namespace synfin
