// Privileges: the capabilities of each feature, the chosen user, and, as root, a child that drops
// them.
#include "app/privileges.h"

#include <gtest/gtest.h>
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

std::vector<std::string> names(const PrivilegePlan& plan) {
  std::vector<std::string> kept;
  for (const KeptCapability& capability : capabilities_for(plan)) kept.push_back(capability.name);
  return kept;
}

TEST(Privileges, KeepsOnlyWhatTheFeaturesNeed) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({}), Names{});
  EXPECT_EQ(names({.user = "", .reopen_interfaces = true}), Names{"CAP_NET_RAW"});
  EXPECT_EQ(names({.user = "", .open_files_later = true}), Names{"CAP_DAC_READ_SEARCH"});
  EXPECT_EQ(names({.user = "", .see_all_processes = true}),
            (Names{"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"}));
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
  PrivilegePlan plan;
  plan.user = "nobody";
  plan.reopen_interfaces = true;
  int wrong = 0;
  if (!apply_privilege_plan(plan)) return 100;
  wrong += status_line("CapPrm") != "0000000000002000";
  wrong += status_line("CapEff") != "0000000000002000";
  wrong += status_line("CapBnd") != "0000000000002000";
  wrong += status_line("NoNewPrivs") != "1";
  wrong += status_line("Groups").find("0 ") == 0;
  wrong += getuid() == 0 || geteuid() == 0 || setuid(0) == 0;
  return wrong;
}

TEST(Privileges, RootBecomesAUserWithOneCapability) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  const pid_t child = fork();
  if (child == 0) _exit(drop_in_child());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Privileges, StaysRootOnRequest) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  PrivilegePlan plan;
  plan.user = "root";
  const auto sentences = apply_privilege_plan(plan);
  ASSERT_TRUE(sentences.ok());
  EXPECT_EQ(geteuid(), 0u);
}

}  // namespace
}  // namespace synfin
