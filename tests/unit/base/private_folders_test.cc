// Folders for the user whom root becomes: who owns them, and that no link of another user leads
// elsewhere.
#include "synfin/base/private_folders.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

namespace synfin {
namespace {

namespace fs = std::filesystem;

class PrivateFolders : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "synfin-folders-XXXXXX";
    top_ = mkdtemp(pattern.data());
    if (geteuid() == 0) uid_ = gid_ = 65534;
  }
  void TearDown() override { fs::remove_all(top_); }

  int make(const std::string& path) { return make_private_folders(path, uid_, gid_, failed_); }
  static struct stat status_of(const std::string& path) {
    struct stat about {};
    EXPECT_EQ(stat(path.c_str(), &about), 0) << path;
    return about;
  }

  std::string top_, failed_;
  uid_t uid_ = getuid();
  gid_t gid_ = getgid();
};

TEST_F(PrivateFolders, EachMissingOneIsMade) {
  EXPECT_EQ(make(top_ + "/a//b/./c/"), 0);
  for (const char* part : {"/a", "/a/b", "/a/b/c"}) {
    EXPECT_EQ(status_of(top_ + part).st_mode & 07777, 0700U);
    EXPECT_EQ(status_of(top_ + part).st_uid, uid_);
  }
  EXPECT_EQ(status_of(top_).st_uid, getuid()) << "what existed keeps its owner";
  EXPECT_EQ(make(top_ + "/a/b"), 0);
}

TEST_F(PrivateFolders, AFileInTheWayIsNamed) {
  EXPECT_EQ(make("/dev/null/x/y"), ENOTDIR);
  EXPECT_EQ(failed_, "/dev/null");
}

TEST_F(PrivateFolders, RootFollowsNoLinkOfAnotherUser) {
  fs::create_directory(top_ + "/real");
  fs::create_directory_symlink(top_ + "/real", top_ + "/own");
  EXPECT_EQ(make(top_ + "/own/a"), 0);
  EXPECT_EQ(status_of(top_ + "/real/a").st_uid, uid_);
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  fs::create_directory_symlink(top_ + "/real", top_ + "/theirs");
  ASSERT_EQ(lchown((top_ + "/theirs").c_str(), 65534, 65534), 0);
  EXPECT_EQ(make(top_ + "/theirs/b"), ELOOP);
  EXPECT_EQ(failed_, top_ + "/theirs");
  EXPECT_FALSE(fs::exists(top_ + "/real/b"));
}

}  // namespace
}  // namespace synfin
