// ProcessFinder and ConnectionOwners on real sockets of this process and of others.
#include "synfin/enrich/process_finder.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <memory>

#include "synfin/enrich/connection_owners.h"
#include "synfin/enrich/socket_holders.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Address kLoopback = Address::from_v4(0x7F000001);

sockaddr_in at_port(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

std::uint16_t port_of(int fd) {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  return ntohs(at.sin_port);
}

/// A listener of this process.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in at = at_port(0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(listen(fd_, 64), 0);
  }
  ~Listener() { close(fd_); }
  int fd() const { return fd_; }
  std::uint16_t port() const { return port_of(fd_); }

 private:
  int fd_;
};

/// A child that connects to `port`, reports its own port, and ends on request.
class Child {
 public:
  explicit Child(const Listener& listener) {
    const std::uint16_t port = listener.port();
    int up[2], down[2];
    EXPECT_EQ(pipe(up), 0);
    EXPECT_EQ(pipe(down), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(listener.fd());
      const int fd = socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in to = at_port(port);
      std::uint16_t own = 0;
      if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) own = port_of(fd);
      if (write(up[1], &own, sizeof own) != sizeof own) _exit(1);
      close(down[1]);
      char end = 0;
      while (read(down[0], &end, 1) > 0) continue;
      _exit(0);
    }
    close(up[1]);
    close(down[0]);
    end_ = down[1];
    EXPECT_EQ(read(up[0], &port_, sizeof port_), static_cast<ssize_t>(sizeof port_));
    close(up[0]);
  }
  ~Child() { end(); }
  void end() {
    if (pid_ == 0) return;
    close(end_);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  std::uint16_t port() const { return port_; }

 private:
  pid_t pid_ = 0;
  int end_ = -1;
  std::uint16_t port_ = 0;
};

std::unique_ptr<ProcessFinder> finder() {
  auto started = ProcessFinder::start(*SocketMonitor::open());
  EXPECT_TRUE(started) << started.error().message;
  return std::move(*started);
}

ProcessAnswer answer_of(ProcessFinder& finder, const ProcessQuestion& question) {
  finder.ask({&question, 1});
  std::vector<ProcessAnswer> answers;
  const auto deadline = Clock::now() + 30s;
  while (answers.empty() && Clock::now() < deadline) {
    finder.wait(deadline);
    finder.take(answers);
  }
  EXPECT_EQ(answers.size(), 1u);
  return answers.empty() ? ProcessAnswer{} : answers[0];
}

std::string own_executable() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

TEST(ProcessFinder, BothEndsOfALoopbackConnection) {
  const auto find = finder();
  const Listener listener;
  const Child child(listener);
  const int accepted = accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
  const FiveTuple tuple{{kLoopback, child.port()}, {kLoopback, listener.port()}};
  const ProcessAnswer answer = answer_of(*find, {tuple});
  EXPECT_EQ(answer.orig.basis, ProcessBasis::Socket);
  EXPECT_EQ(answer.orig.pid, child.pid());
  EXPECT_EQ(answer.orig.exe, own_executable());
  EXPECT_NE(answer.orig.cmdline, "");
  EXPECT_EQ(answer.orig.user, user_name(getuid()));
  EXPECT_EQ(answer.resp.basis, ProcessBasis::Socket);
  EXPECT_EQ(answer.resp.pid, static_cast<std::uint32_t>(getpid()));
  close(accepted);
}

TEST(ProcessFinder, AConnectionThatNobodyHasAcceptedIsTheListeners) {
  const auto find = finder();
  const Listener listener;
  const Child child(listener);
  const ProcessAnswer answer =
      answer_of(*find, {{{kLoopback, child.port()}, {kLoopback, listener.port()}}});
  EXPECT_EQ(answer.resp.basis, ProcessBasis::Listener);
  EXPECT_EQ(answer.resp.pid, static_cast<std::uint32_t>(getpid()));
}

TEST(ProcessFinder, WhatIsGoneIsGone) {
  const auto find = finder();
  std::uint16_t port = 0, own = 0;
  {
    const Listener listener;
    Child child(listener);
    const int accepted = accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    port = listener.port();
    own = child.port();
    child.end();
    close(accepted);
  }
  const FiveTuple tuple{{kLoopback, own}, {kLoopback, port}};
  const ProcessAnswer answer = answer_of(*find, {tuple});
  EXPECT_EQ(answer.orig.basis, ProcessBasis::Gone);
  EXPECT_EQ(answer.orig.pid, 0u);
  EXPECT_EQ(answer.resp.basis, ProcessBasis::Gone);
}

TEST(ProcessFinder, AnAddressElsewhereIsNobodysAndNoListeners) {
  const auto find = finder();
  const Listener listener;
  const Endpoint here{kLoopback, 1}, far{*Address::parse("192.0.2.9"), listener.port()};
  const ProcessAnswer answer = answer_of(*find, {{here, far}, true, false});
  EXPECT_EQ(answer.resp.basis, ProcessBasis::None);
  EXPECT_EQ(answer.resp.pid, 0u);
}

TEST(ProcessFinder, EveryQuestionIsAnswered) {
  const auto find = finder();
  std::vector<ProcessQuestion> questions;
  for (std::uint16_t port = 1; port <= 12'000; ++port) {
    questions.push_back({{{kLoopback, port}, {kLoopback, 1}}});
  }
  find->ask(questions);
  std::vector<ProcessAnswer> answers;
  const auto deadline = Clock::now() + 20s;
  while (answers.size() < questions.size() && Clock::now() < deadline) {
    find->wait(deadline);
    find->take(answers);
  }
  EXPECT_EQ(answers.size(), questions.size());
}

TEST(ConnectionOwners, FillBothEndsAndForget) {
  for (const bool cmdline : {false, true}) {
    ConnectionOwners owners(finder(), cmdline);
    const Listener listener;
    const Child child(listener);
    const int accepted = accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    const FiveTuple tuple{{kLoopback, child.port()}, {kLoopback, listener.port()}};
    Annotations about;
    for (int i = 0; i < 50 && about.orig.pid == 0; ++i) {
      owners.request({tuple}, false);
      owners.collect();
      owners.fill(tuple, about);
    }
    EXPECT_EQ(about.orig.pid, child.pid());
    EXPECT_EQ(about.resp.pid, static_cast<std::uint32_t>(getpid()));
    EXPECT_EQ(about.process_basis, "socket");
    EXPECT_EQ(about.orig.cmdline.empty(), !cmdline);
    Annotations flipped;
    owners.fill(tuple.reversed(), flipped);
    EXPECT_EQ(flipped.resp.pid, child.pid());
    owners.forget(tuple);
    Annotations after;
    owners.fill(tuple, after);
    EXPECT_EQ(after.orig.pid, 0u);
    close(accepted);
  }
}

TEST(ConnectionOwners, ConnectionsThatWereOpenAreWaitedForAlthoughOthersAreBehind) {
  ConnectionOwners owners(finder(), false);
  const Listener listener;
  const Child child(listener);
  for (std::uint16_t port = 1; port <= 5000; ++port)
    owners.request({FiveTuple{{kLoopback, port}, {kLoopback, 1}}}, false);
  owners.collect();
  const FiveTuple tuple{{kLoopback, child.port()}, {kLoopback, listener.port()}};
  ProcessQuestion question{tuple};
  question.was_open = true;
  owners.request(question, false);
  const auto begin = Clock::now();
  owners.collect();
  Annotations about;
  owners.fill(tuple, about);
  EXPECT_TRUE(about.orig.pid == child.pid() || Clock::now() - begin >= 1s);
}

TEST(ConnectionOwners, ConnectionsOfOneProcessShareItsTexts) {
  ConnectionOwners owners(finder(), true);
  const Listener listener;
  const Child one(listener), two(listener);
  const auto tuple_of = [&listener](const Child& child) {
    return FiveTuple{{kLoopback, child.port()}, {kLoopback, listener.port()}};
  };
  owners.request({tuple_of(one)}, false);
  owners.request({tuple_of(two)}, false);
  std::array<Annotations, 2> about;
  const auto deadline = Clock::now() + 30s;
  while ((about[0].resp.pid == 0 || about[1].resp.pid == 0) && Clock::now() < deadline) {
    owners.collect();
    owners.fill(tuple_of(one), about[0]);
    owners.fill(tuple_of(two), about[1]);
  }
  EXPECT_FALSE(about[0].resp.cmdline.empty());
  EXPECT_EQ(about[0].resp.exe.data(), about[1].resp.exe.data());
  EXPECT_EQ(about[0].resp.cmdline.data(), about[1].resp.cmdline.data());
}

TEST(SocketHolders, WordsOfThisProcess) {
  const ProcessImage image = read_process_image(getpid());
  EXPECT_EQ(image.exe, own_executable());
  EXPECT_EQ(image.cmdline.find('\0'), std::string::npos);
  EXPECT_EQ(read_process_image(-1).exe, "");
  EXPECT_EQ(user_name(0), "root");
  EXPECT_EQ(user_name(4'000'000'123), "4000000123");
  EXPECT_EQ(SocketHolders().holder_of(0), 0);
}

std::uint64_t inode_of(int fd) {
  struct stat about {};
  EXPECT_EQ(fstat(fd, &about), 0);
  return about.st_ino;
}

/// A copy of this process with all its sockets, which ends with it.
class Copy {
 public:
  Copy() : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) pause();
  }
  ~Copy() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(SocketHolders, ACopyThatHoldsTheSameSocketIsNotNamed) {
  const Listener listener;
  const std::uint64_t inode = inode_of(listener.fd());
  const Copy copy;
  EXPECT_EQ(SocketHolders().holder_among_likely(inode, 0), getpid());
  EXPECT_EQ(SocketHolders().search_all(inode), getpid());
}

TEST(SocketHolders, ACopyThatAloneHoldsTheSocketIsNamed) {
  auto listener = std::make_unique<Listener>();
  const std::uint64_t inode = inode_of(listener->fd());
  const Copy copy;
  listener.reset();
  EXPECT_EQ(SocketHolders().search_all(inode), copy.pid());
}

}  // namespace
}  // namespace synfin
