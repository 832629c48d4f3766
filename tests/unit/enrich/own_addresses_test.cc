// This host's addresses: loopback is always there; in a namespace of our own they come and go.
#include "synfin/enrich/own_addresses.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace synfin {
namespace {

Address address(const char* text) { return *Address::parse(text); }

TEST(OwnAddresses, LoopbackIsOurs) {
  auto own = OwnAddresses::open();
  ASSERT_TRUE(own.ok()) << own.error().message;
  EXPECT_TRUE(own->contains(address("127.0.0.1")));
  EXPECT_TRUE(own->contains(address("127.9.9.9")));
  EXPECT_FALSE(own->contains(address("192.0.2.77")));
  EXPECT_FALSE(own->follow());
}

/// 0, or the number of the step that went wrong.
int follow_in_namespace() {
  const auto run = [](const char* command) { return std::system(command) == 0; };
  auto own = OwnAddresses::open();
  if (!own || own->contains(address("192.0.2.77"))) return 1;
  if (!run("ip link set lo up && ip addr add 192.0.2.77/24 dev lo")) return 2;
  if (!own->follow() || !own->contains(address("192.0.2.77"))) return 3;
  if (!run("ip addr add 2001:db8::77/64 dev lo nodad")) return 4;
  if (!own->follow() || !own->contains(address("2001:db8::77"))) return 5;
  if (!run("ip addr del 192.0.2.77/24 dev lo")) return 6;
  if (!own->follow() || own->contains(address("192.0.2.77"))) return 7;
  if (!run("ip addr add 192.0.2.5 peer 192.0.2.6 dev lo")) return 8;
  if (!own->follow() || !own->contains(address("192.0.2.5"))) return 9;
  return own->contains(address("192.0.2.6")) ? 10 : 0;
}

TEST(OwnAddresses, FollowsWhatComesAndGoes) {
  const pid_t child = fork();
  if (child == 0) _exit(unshare(CLONE_NEWNET) != 0 ? 77 : follow_in_namespace());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no right to make a network namespace";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace synfin
