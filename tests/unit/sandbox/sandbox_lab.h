/// \file
/// SandboxTest: runs code inside the sandbox, in a child.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "synfin/base/thread.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

inline constexpr int kDenied = 10, kAllowed = 11, kNoSandbox = 12;
inline constexpr int kKilled = 100 + SIGSYS;

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sandboxXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::create_directory(folder_ / "in");
    std::filesystem::create_directory(folder_ / "out");
    std::ofstream(folder_ / "in/a.pcap") << "packets";
    std::ofstream(folder_ / "secret") << "secret";
    chmod(folder_.c_str(), 0755);
    plan_.readable = {(folder_ / "in").string()};
    plan_.writable = {(folder_ / "out/log").string()};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  /// Runs `action` in a child that has entered the sandbox and, on a thread of its own, a role.
  /// Returns the child's exit code, or 100 + the signal that ended it. What the child prints is in
  /// the file "errors" then.
  int in_role(ThreadRole role, const std::function<bool()>& action) const {
    const pid_t child = fork();
    if (child == 0) {
      dup2(::open(path("errors").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      if (!keep_capabilities({})) _exit(kNoSandbox);
      const auto entered = enter_sandbox(plan_);
      if (!entered || entered->details.size() < 2) _exit(kNoSandbox);
      int code = kNoSandbox;
      start_thread(role, [&] { code = action() ? kAllowed : kDenied; }).join();
      _exit(code);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
  }
  int in_parser(const std::function<bool()>& action) const {
    return in_role(ThreadRole::Packets, action);
  }

  std::filesystem::path folder_;
  SandboxPlan plan_;
};

inline bool can_open(const std::string& path, int flags) {
  const int opened = open(path.c_str(), flags, 0600);
  if (opened >= 0) close(opened);
  return opened >= 0;
}

#define SKIP_WITHOUT_SANDBOX()                      \
  if (in_parser([] { return true; }) == kNoSandbox) \
  GTEST_SKIP() << "this build or kernel has no sandbox (sanitizers, for example)"

}  // namespace synfin
