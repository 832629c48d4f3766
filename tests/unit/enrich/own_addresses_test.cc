// OwnAddresses: loopback exists always; in a network namespace of the test, addresses change.
#include "synfin/enrich/own_addresses.h"

#include <gtest/gtest.h>
#include <poll.h>
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

/// Follows until `wanted` is an own address or, with !expected, is none. The kernel reports IPv6
/// addresses from a worker thread, so this waits for changes, each for up to 20 s. Returns true if
/// a change was reported.
bool follows(OwnAddresses& own, const char* wanted, bool expected) {
  bool changed = false;
  for (;;) {
    changed |= own.follow();
    if (own.contains(address(wanted)) == expected) return changed;
    pollfd change{own.descriptor(), POLLIN, 0};
    if (poll(&change, 1, 20'000) <= 0) return false;
  }
}

/// 0, or the number of the step that went wrong.
int follow_in_namespace() {
  const auto run = [](const char* command) { return std::system(command) == 0; };
  if (!run("ip link set lo up")) return 1;
  auto own = OwnAddresses::open();
  if (!own || own->contains(address("192.0.2.77"))) return 2;
  if (!run("ip addr add 192.0.2.77/24 dev lo")) return 3;
  if (!follows(*own, "192.0.2.77", true)) return 4;
  if (!run("ip addr add 2001:db8::77/64 dev lo nodad")) return 5;
  if (!follows(*own, "2001:db8::77", true)) return 6;
  if (!run("ip addr del 192.0.2.77/24 dev lo")) return 7;
  if (!follows(*own, "192.0.2.77", false)) return 8;
  if (!run("ip addr add 192.0.2.5 peer 192.0.2.6 dev lo")) return 9;
  if (!follows(*own, "192.0.2.5", true)) return 10;
  return own->contains(address("192.0.2.6")) ? 11 : 0;
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
