// Privileges: the capabilities of each feature, the chosen user, and, as root, a child that drops
// them.
#include "synfin/sandbox/privileges.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace synfin {
namespace {

std::string status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return line.substr(key.size() + 2);
  }
  return {};
}

TEST(Privileges, AnUnknownUserIsAUsageError) {
  const auto user = choose_user("no-such-user-here");
  ASSERT_FALSE(user.ok());
  EXPECT_EQ(user.error().kind, ErrorKind::Usage);
}

TEST(Privileges, TheUserWhoCalledSudoIsPreferred) {
  setenv("SUDO_USER", "games", 1);
  EXPECT_EQ(choose_user("")->name, "games");
  EXPECT_TRUE(choose_user("")->owns_files);
  setenv("SUDO_USER", "root", 1);
  EXPECT_NE(choose_user("")->name, "root");
  unsetenv("SUDO_USER");
}

/// Runs in a child, because privileges cannot be regained. Returns the number of failed checks.
int drop_in_child() {
  int wrong = 0;
  if (!drop_privileges("nobody")) return 100;
  for (const char* const set : {"CapPrm", "CapEff", "CapBnd"})
    wrong += status_line(set) != "0000000000000000";
  wrong += status_line("NoNewPrivs") != "1";
  wrong += status_line("Groups").find("0 ") == 0;
  wrong += getuid() == 0 || geteuid() == 0 || setuid(0) == 0;
  return wrong;
}

/// As the helper process for processes does it.
int keep_one_in_child() {
  int wrong = 0;
  const auto user = choose_user("nobody");
  if (!user || !become_user(*user)) return 100;
  if (!keep_capabilities({{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "to test"}})) return 101;
  for (const char* const set : {"CapPrm", "CapEff"})
    wrong += status_line(set) != "0000000000080000";
  wrong += status_line("NoNewPrivs") != "1" || geteuid() == 0;
  return wrong;
}

int create_again_in_child() {
  int wrong = 0;
  if (!drop_privileges("nobody")) return 100;
  wrong += !can_create_again("/dev/null");  // not in its folder, but it is not moved either
  wrong += can_create_again("/etc/passwd");
  wrong += can_create_again("/etc/none");
  wrong += !can_create_again("/tmp/none");
  return wrong;
}

int run_in_child(int (*body)()) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(Privileges, RootBecomesAUserWithoutCapabilities) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  EXPECT_EQ(run_in_child(drop_in_child), 0);
}

TEST(Privileges, AHelperKeepsWhatItNeeds) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  EXPECT_EQ(run_in_child(keep_one_in_child), 0);
}

TEST(Privileges, OnlyFilesThatAreMovedMustBeCreatedAgain) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  EXPECT_EQ(run_in_child(create_again_in_child), 0);
}

TEST(Privileges, StaysRootOnRequest) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  ASSERT_TRUE(drop_privileges("root").ok());
  EXPECT_EQ(geteuid(), 0u);
}

}  // namespace
}  // namespace synfin
