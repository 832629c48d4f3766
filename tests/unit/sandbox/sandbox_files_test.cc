// Files and terminals that the sandbox puts out of reach, from inside.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sandbox/landlock.h"
#include "unit/sandbox/sandbox_lab.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;

TEST_F(SandboxTest, NoFileGetsTheRightsOfItsOwner) {
  SKIP_WITHOUT_SANDBOX();
  const auto changes = [&](mode_t mode) {
    return in_parser([&] {
      const int log = open(path("out/log").c_str(), O_WRONLY | O_CREAT, 0600);
      return log >= 0 && fchmod(log, mode) == 0;
    });
  };
  EXPECT_EQ(changes(0640), kAllowed);
  EXPECT_EQ(changes(04755), kDenied);
  EXPECT_EQ(changes(02755), kDenied);
}

TEST_F(SandboxTest, WhatAnInputOrADeviceHasBesideItIsOutOfReach) {
  SKIP_WITHOUT_SANDBOX();
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  std::ofstream(folder_ / "list.csv.txt") << "192.0.2.1";
  plan_.readable.push_back(path("list.csv.txt"));
  plan_.writable.emplace_back("/dev/null");
  EXPECT_EQ(in_parser([&] { return can_open(path("list.csv.txt"), O_RDONLY); }), kAllowed);
  EXPECT_EQ(in_parser([&] { return can_open(path("secret"), O_RDONLY); }), kDenied);
  EXPECT_EQ(in_parser([&] { return can_open("/dev/null", O_WRONLY); }), kAllowed);
  EXPECT_EQ(in_parser([&] { return can_open("/dev/shm/synfin-test", O_WRONLY | O_CREAT); }),
            kDenied);
  std::ofstream(folder_ / "base.mmdb") << "a database";
  plan_.replaceable = {path("base.mmdb")};
  EXPECT_EQ(in_parser([&] { return can_open(path("secret"), O_RDONLY); }), kAllowed)
      << "a database is replaced by another file in its folder";
}

TEST_F(SandboxTest, OtherTerminalsAreOutOfReach) {
  SKIP_WITHOUT_SANDBOX();
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
    GTEST_SKIP() << "no terminal can be made here";
  const std::string name = ptsname(terminal);
  ASSERT_TRUE(can_open(name, O_RDWR | O_NOCTTY));
  EXPECT_EQ(in_parser([&] { return can_open(name, O_RDWR | O_NOCTTY); }), kDenied);
  const int saved = dup(STDIN_FILENO);
  dup2(open(name.c_str(), O_RDWR | O_NOCTTY), STDIN_FILENO);
  EXPECT_EQ(in_parser([&] { return can_open(name, O_RDWR | O_NOCTTY); }), kAllowed)
      << "the run's own terminal";
  dup2(saved, STDIN_FILENO);
  close(saved);
  close(terminal);
}

TEST_F(SandboxTest, ALinkOfAnotherUserOpensNothing) {
  SKIP_WITHOUT_SANDBOX();
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  fs::create_symlink(folder_ / "secret", folder_ / "in/link.pcap");
  EXPECT_EQ(in_parser([&] { return can_open(path("in/link.pcap"), O_RDONLY); }), kAllowed);
  ASSERT_EQ(lchown(path("in/link.pcap").c_str(), 12345, 12345), 0);
  EXPECT_EQ(in_parser([&] { return can_open(path("in/link.pcap"), O_RDONLY); }), kDenied);
}

TEST_F(SandboxTest, OtherFilesAreOutOfReach) {
  SKIP_WITHOUT_SANDBOX();
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const auto denied = [&](const std::string& file, int flags) {
    EXPECT_EQ(in_parser([&] { return can_open(file, flags); }), kDenied) << file;
  };
  denied("/etc/shadow", O_RDONLY);  // also if this is root
  denied(path("secret"), O_RDONLY);
  denied(path("in/a.pcap"), O_WRONLY);
  denied(path("in/new"), O_WRONLY | O_CREAT);
  denied(path("new"), O_WRONLY | O_CREAT);
  denied("/etc/passwd", O_WRONLY);
  EXPECT_EQ(in_parser([&] { return unlink(path("secret").c_str()) == 0; }), kDenied);
  EXPECT_EQ(
      in_parser([&] { return rename(path("in/a.pcap").c_str(), path("out/log").c_str()) == 0; }),
      kDenied);
}

}  // namespace
}  // namespace synfin
