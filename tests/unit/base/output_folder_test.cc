// OutputFolder: parts of a path, creation of files, links.
#include "synfin/base/output_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

TEST(OutputFolder, PartsOfAPath) {
  EXPECT_EQ(OutputFolder::name_of("log"), ".");
  EXPECT_EQ(OutputFolder::name_of("/log"), "/");
  EXPECT_EQ(OutputFolder::name_of("/var/log/x"), "/var/log");
  EXPECT_EQ(OutputFolder::file_in("log"), "log");
  EXPECT_EQ(OutputFolder::file_in("/var/log/x"), "x");
  EXPECT_EQ(OutputFolder::file_in("folder/"), "");
}

class OutputFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "synfin-folder-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  std::string path_;
};

TEST_F(OutputFolderTest, CreatesAndKeepsFiles) {
  const auto folder = OutputFolder::of(path_ + "/log");
  ASSERT_TRUE(folder);
  EXPECT_FALSE(folder->exists("log"));
  {
    const Descriptor file(folder->open_file("log", FileCreation::New));
    ASSERT_GE(file.get(), 0);
    EXPECT_EQ(write(file.get(), "text", 4), 4);
    EXPECT_TRUE(folder->names("log", file.get()));
  }
  EXPECT_TRUE(folder->exists("log"));
  EXPECT_EQ(folder->open_file("log", FileCreation::New), -1);
  EXPECT_EQ(errno, EEXIST);
  { const Descriptor again(folder->open_file("log", FileCreation::Any)); }
  EXPECT_EQ(std::filesystem::file_size(path_ + "/log"), 4u) << "opening does not truncate";
  EXPECT_TRUE(folder->rename("log", "other"));
  EXPECT_TRUE(folder->exists("other"));
  EXPECT_TRUE(folder->remove("other"));
  EXPECT_TRUE(std::filesystem::is_empty(path_));
}

TEST_F(OutputFolderTest, RemovesAFileOfAnEarlierRun) {
  const auto folder = OutputFolder::of(path_ + "/log");
  ASSERT_TRUE(folder);
  EXPECT_FALSE(folder->remove_old("log"));
  EXPECT_EQ(errno, ENOENT);
  std::ofstream(path_ + "/log") << "text";
  EXPECT_TRUE(folder->may_remove("log", geteuid()));
  EXPECT_TRUE(folder->remove_old("log"));
  std::filesystem::create_directory(path_ + "/log");
  EXPECT_FALSE(folder->may_remove("log", geteuid()));
  EXPECT_EQ(errno, EPERM);
  EXPECT_FALSE(folder->remove_old("log"));
}

TEST_F(OutputFolderTest, AMissingFolderIsAnError) {
  EXPECT_FALSE(OutputFolder::of(path_ + "/missing/log"));
  EXPECT_EQ(errno, ENOENT);
}

TEST_F(OutputFolderTest, RootWritesToNoFileOfAnotherUserInACommonFolder) {
  if (geteuid() != 0) GTEST_SKIP() << "any user may write to what permits it";
  std::ofstream(path_ + "/log") << "x";
  ASSERT_EQ(chown((path_ + "/log").c_str(), 12345, 12345), 0);
  chmod(path_.c_str(), 0777);
  const auto folder = OutputFolder::of(path_ + "/log");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->open_file("log", FileCreation::Any), -1);
  EXPECT_EQ(errno, EOWNERDEAD);
  EXPECT_NE(output_error_text(errno).find("another user"), std::string::npos);
  const int given = folder->try_to_open("log", FileCreation::Any, 12345);
  EXPECT_GE(given, 0) << "the run's own user";
  close(given);
}

TEST_F(OutputFolderTest, RootFollowsNoLinkInThePath) {
  if (geteuid() != 0) GTEST_SKIP() << "only root refuses links";
  std::filesystem::create_directories(path_ + "/real/inner");
  std::filesystem::create_directory_symlink(path_ + "/real", path_ + "/link");
  EXPECT_TRUE(OutputFolder::of(path_ + "/real/inner/log"));
  EXPECT_FALSE(OutputFolder::of(path_ + "/link/inner/log"));
}

}  // namespace
}  // namespace synfin
