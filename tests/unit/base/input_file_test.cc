// Input files without a helper process.
#include "synfin/base/input_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace synfin {
namespace {

namespace fs = std::filesystem;

class InputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "inputXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ / "b") << std::string(200'000, 'x');
    std::ofstream(folder_ / "a");
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(InputFileTest, ReadsAndLists) {
  EXPECT_EQ(read_input(folder_ / "b"), std::string(200'000, 'x'));
  EXPECT_EQ(read_input(folder_ / "b", 7), "xxxxxxx");
  EXPECT_EQ(read_whole_input(folder_ / "b", 200'000), std::string(200'000, 'x'));
  EXPECT_FALSE(read_whole_input(folder_ / "b", 199'999));
  EXPECT_EQ(errno, EFBIG);
  EXPECT_EQ(read_input(folder_ / "a"), "");
  auto names = list_folder(folder_);
  ASSERT_TRUE(names);
  std::sort(names->begin(), names->end());
  EXPECT_EQ(*names, (std::vector<std::string>{"a", "b"}));
  struct stat about {};
  EXPECT_TRUE(input_status(folder_ / "b", about));
  EXPECT_EQ(about.st_size, 200'000);
}

TEST_F(InputFileTest, ReportsWhy) {
  EXPECT_FALSE(read_input(folder_ / "c"));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(read_input(folder_));
  EXPECT_EQ(errno, EISDIR);
  EXPECT_FALSE(list_folder(folder_ / "a"));
  EXPECT_EQ(errno, ENOTDIR);
  struct stat about {};
  EXPECT_FALSE(input_status(folder_ / "c", about));
}

TEST_F(InputFileTest, DuplicatesADescriptorThatMayNotBeOpenedAgain) {
  const int file = open((folder_ / "b").c_str(), O_RDONLY);
  const std::string named = "/dev/fd/" + std::to_string(file);
  const int copy = duplicate_named(named);
  ASSERT_GE(copy, 0);
  char byte = 0;
  EXPECT_EQ(read(copy, &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
  for (const std::string other : {"/dev/fd/", "/dev/fd/1x", "/etc/passwd", "/dev/fd/99999"}) {
    EXPECT_EQ(duplicate_named(other), -1) << other;
  }
  close(copy);
  close(file);
}

}  // namespace
}  // namespace synfin
