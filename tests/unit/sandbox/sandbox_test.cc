// The sandbox from inside: a child enters it, as a run does, and tries what must be denied.
#include "synfin/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "sandbox/landlock.h"
#include "synfin/base/input_file.h"
#include "synfin/base/thread.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/sandbox/privileges.h"
#include "unit/sandbox/sandbox_lab.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;

/// Enters a filter that answers each system call `number` with `action`. REQUIRES: no_new_privs.
void refuse_calls(long number, unsigned action) {
  sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, action),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{4, code};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(1);
}

bool try_connect(int domain, int type) {
  const int fd = socket(domain, type, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return result == 0 || errno == ECONNREFUSED || errno == EINPROGRESS;
}

TEST_F(SandboxTest, APlainRunWorks) {
  SKIP_WITHOUT_SANDBOX();
  plan_.mode = SandboxMode::Strict;
  const auto work = [&] {
    std::vector<char> memory(8 << 20, 'x');
    std::thread other([&] { memory[0] = 'y'; });
    other.join();
    auto sockets = SocketTable::open();
    return read_input(path("in/a.pcap")) == "packets" && list_folder(path("in"))->size() == 1 &&
           can_open(path("out/log"), O_WRONLY | O_CREAT) &&
           rename(path("out/log").c_str(), path("out/log2").c_str()) == 0 &&
           unlink(path("out/log2").c_str()) == 0 && sockets && sockets->list(SocketStates::all());
  };
  EXPECT_EQ(in_parser(work), kAllowed);
  EXPECT_EQ(in_role(ThreadRole::Output, work), kAllowed);
}

TEST_F(SandboxTest, CodeOfAnotherKindEndsTheProcess) {
  SKIP_WITHOUT_SANDBOX();
  const auto killed = [&](const char* name, const std::function<bool()>& action) {
    for (const auto mode : {SandboxMode::Auto, SandboxMode::Strict}) {
      plan_.mode = mode;
      EXPECT_EQ(in_parser(action), kKilled) << name;
    }
  };
  char* const arguments[] = {nullptr};
  killed("execve", [&] { return execve("/bin/true", arguments, arguments) == 0; });
  killed("ptrace", [] { return syscall(SYS_ptrace, 16, getppid(), 0, 0) == 0; });
  killed("process_vm_readv",
         [] { return syscall(SYS_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0) == 0; });
  killed("process_vm_writev",
         [] { return syscall(SYS_process_vm_writev, getppid(), nullptr, 0, nullptr, 0, 0) == 0; });
  killed("pidfd_getfd", [] { return syscall(438, 3, 0, 0) >= 0; });
  killed("mount", [] { return syscall(SYS_mount, "x", "/", "tmpfs", 0, nullptr) == 0; });
  killed("keyctl", [] { return syscall(SYS_keyctl, 0, -3, 0, 0, 0) >= 0; });
  killed("bpf", [] { return syscall(SYS_bpf, 0, nullptr, 0) >= 0; });
  killed("setuid", [] { return syscall(SYS_setuid, 0) == 0; });
  killed("connect", [] { return try_connect(AF_UNIX, SOCK_DGRAM); });
}

TEST_F(SandboxTest, ASentenceNamesTheCallThatEndsTheProcess) {
  SKIP_WITHOUT_SANDBOX();
  EXPECT_EQ(in_parser([] { return syscall(SYS_keyctl, 0, -3, 0, 0, 0) >= 0; }), kKilled);
  EXPECT_EQ(read_input(path("errors")),
            "synfin: the sandbox ended this run, because it used the system call keyctl (" +
                std::to_string(SYS_keyctl) + "); synfin-security(7) explains it\n");
  plan_.mode = SandboxMode::Strict;
  EXPECT_EQ(in_role(ThreadRole::Decompress, [] { return syscall(SYS_fork) >= 0; }), kKilled);
  EXPECT_NE(read_input(path("errors"))->find(" fork ("), std::string::npos);
}

TEST_F(SandboxTest, NobodyReplacesTheHandlerOfRefusedCalls) {
  SKIP_WITHOUT_SANDBOX();
  const auto replaced = [](long number) {
    struct sigaction action {};
    action.sa_handler = SIG_IGN;
    return syscall(SYS_rt_sigaction, number, &action, nullptr, 8) == 0;
  };
  EXPECT_EQ(in_parser([&] { return replaced(SIGSYS); }), kDenied);
  // The kernel ignores the upper half of the number.
  EXPECT_EQ(in_parser([&] { return replaced(SIGSYS + (1L << 32)); }), kDenied);
  EXPECT_EQ(in_parser([] {
              sigset_t all;
              sigfillset(&all);
              pthread_sigmask(SIG_SETMASK, &all, nullptr);
              return syscall(SYS_keyctl, 0, -3, 0, 0, 0) >= 0;
            }),
            kKilled);
  for (const int signal : {SIGINT, SIGTERM, SIGABRT, 32, 33, 63, 64}) {
    EXPECT_EQ(in_parser([&] { return std::signal(signal, SIG_IGN) != SIG_ERR || signal < 34; }),
              kAllowed)
        << signal;
  }
}

/// An unusual C library or kernel: a filter that refuses calls which every program makes.
TEST_F(SandboxTest, AnUnusualSystemGetsASentence) {
  SKIP_WITHOUT_SANDBOX();
  const auto missing = [&](const std::function<void()>& prepare) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      if (!keep_capabilities({})) _exit(kNoSandbox);
      prepare();
      const auto entered = enter_sandbox(plan_);
      const std::string text = entered ? entered->missing : entered.error().message;
      (void)!write(ends[1], text.data(), text.size());
      _exit(0);
    }
    close(ends[1]);
    std::string text(500, ' ');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(read(ends[0], text.data(), 500), 0)));
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    return text;
  };
  EXPECT_EQ(missing([] {}), "");
  const auto translate = [] {
    (void)mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
               0);
  };
  EXPECT_NE(missing(translate).find("a tool such as valgrind"), std::string::npos);
  plan_.mode = SandboxMode::Strict;
  EXPECT_EQ(missing(translate).rfind("--sandbox strict: no sandbox", 0), 0U);
  plan_.mode = SandboxMode::Auto;
  const auto no_seccomp = [] {
    refuse_calls(SYS_prctl, SECCOMP_RET_ERRNO | EINVAL);
    refuse_calls(SYS_seccomp, SECCOMP_RET_ERRNO | ENOSYS);
  };
  EXPECT_NE(missing(no_seccomp).find("seccomp cannot be used"), std::string::npos);
  const std::string sleeping = std::to_string(SYS_clock_nanosleep);
  EXPECT_EQ(missing([] { refuse_calls(SYS_clock_nanosleep, SECCOMP_RET_TRAP); }),
            "this C library or kernel needs clock_nanosleep (" + sleeping +
                "), so system calls are not limited");
  EXPECT_NE(missing([] {
              refuse_calls(SYS_clock_nanosleep, SECCOMP_RET_KILL_PROCESS);
            }).find("needs system calls that synfin does not know"),
            std::string::npos);
}

/// Every process of the same user may send signals to the trial of the filters, which must not
/// switch them off.
TEST_F(SandboxTest, WhoeverEndsTheTrialSwitchesNothingOff) {
  SKIP_WITHOUT_SANDBOX();
  for (const int signal : {SIGKILL, SIGSYS, SIGSEGV, SIGABRT, SIGALRM}) {
    int killed = 0;
    for (int round = 0; round < 20; ++round) {
      const pid_t run = fork();
      if (run == 0) {
        if (!keep_capabilities({})) _exit(1);
        const auto entered = enter_sandbox(plan_);
        if (!entered->missing.empty()) std::fprintf(stderr, "%s\n", entered->missing.c_str());
        _exit(entered->missing.empty() ? 0 : 2);
      }
      const std::string children =
          "/proc/" + std::to_string(run) + "/task/" + std::to_string(run) + "/children";
      int status = 0;
      while (waitpid(run, &status, WNOHANG) == 0) {
        const long child = std::strtol(read_input(children).value_or("0").c_str(), nullptr, 10);
        if (child > 0) killed += kill(static_cast<pid_t>(child), signal) == 0;
      }
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_EQ(WEXITSTATUS(status), 0) << "signal " << signal;
    }
    EXPECT_GT(killed, 0) << "the trial was too short to be ended";
  }
}

TEST_F(SandboxTest, NoDescriptorSendsSignals) {
  SKIP_WITHOUT_SANDBOX();
  constexpr int kSetSignal = 10;  // F_SETSIG
  EXPECT_EQ(in_parser([] { return fcntl(0, F_SETOWN, getppid()) == 0; }), kDenied);
  EXPECT_EQ(in_parser([] { return fcntl(0, kSetSignal, SIGKILL) == 0; }), kDenied);
  EXPECT_EQ(in_parser([] { return fcntl(0, F_DUPFD_CLOEXEC, 3) >= 0; }), kAllowed);
}

/// As ncurses does after Ctrl-Z.
TEST_F(SandboxTest, AProcessMayStopItselfAndSignalNoOther) {
  SKIP_WITHOUT_SANDBOX();
  const auto stops_itself = [] {
    std::signal(SIGTSTP, SIG_IGN);
    return getpgrp() > 0 && kill(getpid(), SIGTSTP) == 0;
  };
  for (const auto mode : {SandboxMode::Auto, SandboxMode::Strict}) {
    plan_.mode = mode;
    EXPECT_EQ(in_parser(stops_itself), kAllowed);
    EXPECT_EQ(in_role(ThreadRole::Screen, stops_itself), kAllowed);
  }
  plan_.mode = SandboxMode::Auto;
  EXPECT_EQ(in_parser([] { return kill(getpid(), SIGCONT) == 0; }), kDenied);
  EXPECT_EQ(in_parser([] { return kill(getpid(), 0) == 0; }), kDenied);
  EXPECT_EQ(in_parser([] { return kill(getppid(), SIGTSTP) == 0; }), kDenied);
  EXPECT_EQ(in_parser([] { return kill(0, SIGTSTP) == 0; }), kDenied);
  plan_.mode = SandboxMode::Strict;
  EXPECT_EQ(in_parser([] { return kill(getppid(), SIGTSTP) == 0; }), kKilled);
}

TEST_F(SandboxTest, OnlyTheResolverMayConnect) {
  SKIP_WITHOUT_SANDBOX();
  const auto connects = [] { return try_connect(AF_INET, SOCK_DGRAM); };
  EXPECT_EQ(in_role(ThreadRole::Names, connects), kKilled) << "this run queries no DNS";
  plan_.resolves_names = true;
  EXPECT_EQ(in_role(ThreadRole::Names, connects), kAllowed);
  EXPECT_EQ(in_parser(connects), kKilled);
  if (landlock_version() < 4) return;
  EXPECT_EQ(in_role(ThreadRole::Names, [] { return try_connect(AF_INET, SOCK_STREAM); }), kDenied)
      << "port 9 is not that of DNS";
  // Ways to connect that Landlock does not see.
  constexpr int kMptcp = 262;
  for (const int protocol : {kMptcp, static_cast<int>(IPPROTO_SCTP)}) {
    EXPECT_EQ(
        in_role(ThreadRole::Names, [&] { return socket(AF_INET, SOCK_STREAM, protocol) >= 0; }),
        kDenied)
        << protocol;
  }
  EXPECT_EQ(in_role(ThreadRole::Names, [] { return socket(AF_INET, SOCK_SEQPACKET, 0) >= 0; }),
            kDenied);
  const auto sends = [](int flags) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(9);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* address = reinterpret_cast<const sockaddr*>(&to);
    (void)sendto(fd, "x", 1, flags | MSG_NOSIGNAL, address, sizeof to);
    return errno != ENOSYS;
  };
  EXPECT_EQ(in_role(ThreadRole::Names, [&] { return sends(0); }), kAllowed);
  EXPECT_EQ(in_role(ThreadRole::Names, [&] { return sends(MSG_FASTOPEN); }), kDenied);
}

TEST_F(SandboxTest, OnlyTheThreadOfMetricsMayAccept) {
  SKIP_WITHOUT_SANDBOX();
  plan_.mode = SandboxMode::Strict;
  const auto accepts = [] {
    return accept4(-1, nullptr, nullptr, 0) < 0 && errno == EBADF;  // the kernel was asked
  };
  EXPECT_EQ(in_role(ThreadRole::Metrics, accepts), kKilled) << "this run serves nothing";
  plan_.accepts = true;
  EXPECT_EQ(in_role(ThreadRole::Metrics, accepts), kAllowed);
  EXPECT_EQ(in_parser(accepts), kKilled);
  EXPECT_EQ(in_role(ThreadRole::Metrics, [] { return open("/proc/self/stat", O_RDONLY) >= 0; }),
            kKilled);
  EXPECT_EQ(in_role(ThreadRole::Metrics, [] { return try_connect(AF_INET, SOCK_STREAM); }),
            kKilled);
}

TEST_F(SandboxTest, NoInternetSocketsAndNoExecutableMemory) {
  SKIP_WITHOUT_SANDBOX();
  EXPECT_EQ(in_parser([] { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }), kDenied);
  EXPECT_EQ(in_parser([] { return socket(AF_INET6, SOCK_RAW, 58) >= 0; }), kDenied);
  EXPECT_EQ(in_parser([] {
              return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
            }),
            kDenied);
}

TEST_F(SandboxTest, ADecompressorOpensNothing) {
  SKIP_WITHOUT_SANDBOX();
  EXPECT_EQ(in_role(ThreadRole::Decompress, [&] { return can_open(path("in/a.pcap"), O_RDONLY); }),
            kDenied);
}

TEST_F(SandboxTest, ItsStateIsVisible) {
  SKIP_WITHOUT_SANDBOX();
  EXPECT_EQ(in_parser([] {
              const std::string status = read_input("/proc/thread-self/status").value_or("");
              return status.find("\nSeccomp:\t2\n") != status.npos &&
                     status.find("\nNoNewPrivs:\t1\n") != status.npos &&
                     status.find("\nCapEff:\t0000000000000000\n") != status.npos;
            }),
            kAllowed);
}

TEST(Sandbox, MayBeOff) {
  SandboxPlan plan;
  plan.mode = SandboxMode::Off;
  const auto entered = enter_sandbox(plan);
  ASSERT_TRUE(entered.ok());
  EXPECT_EQ(entered->details.front(), "no sandbox (--sandbox off)");
  EXPECT_EQ(entered->missing, "");
  EXPECT_EQ(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0);
}

}  // namespace
}  // namespace synfin
