// What a file that is replaced as a whole keeps: its mode and its names.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/file_size_limit.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/output_file.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;

class OutputReplaceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "synfin-replace-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ / "report") << "old";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void replace(const std::string& name, const std::string& text) const {
    auto file = OutputFile::open(folder_ / name, OutputMode::Replace);
    ASSERT_TRUE(file) << file.error().message;
    file->buffer() = text;
    EXPECT_TRUE(file->close());
  }
  std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
};

TEST_F(OutputReplaceTest, TheModeStays) {
  fs::permissions(folder_ / "report", fs::perms{0644});
  replace("report", "new");
  EXPECT_EQ(fs::status(folder_ / "report").permissions(), fs::perms{0644});
  EXPECT_EQ(content("report"), "new");
  replace("another", "new");
  EXPECT_EQ(fs::status(folder_ / "another").permissions(), fs::perms{0600});
}

TEST_F(OutputReplaceTest, LinksStay) {
  if (geteuid() == 0) GTEST_SKIP() << "root follows no links";
  fs::create_symlink(folder_ / "report", folder_ / "link");
  fs::create_hard_link(folder_ / "report", folder_ / "other");
  replace("link", "newer");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content("report"), "newer");
  EXPECT_EQ(content("other"), "newer");
}

TEST_F(OutputReplaceTest, WhatOthersWroteToAnOwnDescriptorStays) {
  for (const int flags : {O_WRONLY, O_WRONLY | O_APPEND}) {
    std::ofstream(folder_ / "shared") << "";
    const Descriptor shared(open((folder_ / "shared").c_str(), flags | O_CLOEXEC));
    ASSERT_EQ(write(shared.get(), "header ", 7), 7);
    auto file = OutputFile::open("/dev/fd/" + std::to_string(shared.get()), OutputMode::Replace);
    ASSERT_TRUE(file) << file.error().message;
    for (const char* report : {"one ", "two "}) {
      file->rewind();
      file->buffer() += report;
      EXPECT_TRUE(file->flush());
    }
    EXPECT_TRUE(file->close());
    ASSERT_EQ(write(shared.get(), "end", 3), 3);
    EXPECT_EQ(content("shared"), "header one two end");
  }
}

TEST_F(OutputReplaceTest, StandardOutputIsNotReplaced) {
  const Descriptor saved(dup(STDOUT_FILENO));
  const Descriptor shared(open((folder_ / "report").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  dup2(shared.get(), STDOUT_FILENO);
  auto file = OutputFile::open("-", OutputMode::Replace);
  bool closed = false;
  if (file) {
    file->buffer() += " and new";
    closed = file->close().ok();
  }
  dup2(saved.get(), STDOUT_FILENO);
  EXPECT_TRUE(closed);
  EXPECT_EQ(content("report"), "old and new");
}

/// Root refuses hard links when it opens a file, so the link is made later.
TEST_F(OutputReplaceTest, AFullDiskLeavesTheOldFileAlsoInPlace) {
  auto file = OutputFile::open(folder_ / "report", OutputMode::Replace);
  ASSERT_TRUE(file);
  fs::create_hard_link(folder_ / "report", folder_ / "other");
  {
    const test::FileSizeLimit full(100'000);
    file->buffer().assign(500'000, 'x');
    EXPECT_FALSE(file->flush());
    EXPECT_NE(file->failure().find("File too large"), std::string::npos) << file->failure();
  }
  EXPECT_EQ(content("report"), "old");
  for (const char* text : {"a longer one", "new"}) {
    file->rewind();
    file->buffer() += text;
    EXPECT_TRUE(file->flush());
    EXPECT_EQ(content("report"), text);
    EXPECT_EQ(content("other"), text);
  }
  EXPECT_TRUE(file->close()) << "the file is whole";
}

TEST_F(OutputReplaceTest, AReplacementThatSucceedsEndsAFailure) {
  auto file = OutputFile::open(folder_ / "report", OutputMode::Replace);
  ASSERT_TRUE(file);
  {
    const test::FileSizeLimit full(2);
    file->buffer() += "newer";
    EXPECT_FALSE(file->flush());
  }
  EXPECT_NE(file->lost_bytes(), 0u);
  file->buffer() += "newest";
  EXPECT_TRUE(file->close());
  EXPECT_EQ(content("report"), "newest");
}

TEST_F(OutputReplaceTest, AFolderThatWasMadeAgainGetsTheFile) {
  fs::create_directory(folder_ / "sub");
  auto file = OutputFile::open(folder_ / "sub/report", OutputMode::Replace);
  ASSERT_TRUE(file);
  fs::remove_all(folder_ / "sub");
  fs::create_directory(folder_ / "sub");
  file->buffer() += "new";
  EXPECT_TRUE(file->close());
  EXPECT_EQ(content("sub/report"), "new");
}

}  // namespace
}  // namespace synfin
