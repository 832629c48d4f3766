// When OutputFile gives a file its name, what it does after root has given up its rights, and which
// paths name the same file.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "synfin/base/output_file.h"

namespace synfin {
namespace {

TEST(OutputFileRights, ReplaceOverwritesAFileThatTheFolderDoesNotLetItReplace) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which gives up its rights";
  std::string folder = testing::TempDir() + "synfin-rights-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_EQ(chmod(folder.c_str(), 01777), 0) << "like /tmp";
  const std::string path = folder + "/report";
  std::ofstream(path) << "old and longer";
  auto file = OutputFile::open(path, OutputMode::Replace);
  ASSERT_TRUE(file.ok());
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(seteuid(kNobody), 0);
  file->buffer() += "new";
  const bool written = file->close().ok();
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_TRUE(written);
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "new");
  const std::filesystem::directory_iterator files(folder);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "no temporary file is left";
  std::filesystem::remove_all(folder);
}

TEST(OutputFileRights, ReplaceCreatesNothingBeforeTheFileIsWhole) {
  std::string folder = testing::TempDir() + "synfin-whole-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  auto file = OutputFile::open(folder + "/report", OutputMode::Replace);
  ASSERT_TRUE(file.ok());
  file->buffer() += "new";
  EXPECT_TRUE(file->commit());
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "a run that is killed leaves no empty report";
  EXPECT_TRUE(file->flush());
  EXPECT_EQ(std::filesystem::file_size(folder + "/report"), 3u);
  EXPECT_TRUE(file->is_in_place());
  EXPECT_FALSE(OutputFile::open(folder + "/none/report", OutputMode::Replace).ok());
  std::filesystem::remove_all(folder);
}

TEST(OutputFileRights, PathsThatCannotBeResolvedAreComparedByTheirText) {
  std::string folder = testing::TempDir() + "synfin-loop-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string loop = folder + "/loop";  // a link to itself, which root cannot follow either
  std::filesystem::create_symlink("loop", loop);
  EXPECT_FALSE(same_file(loop + "/a", loop + "/b"));
  EXPECT_TRUE(same_file(loop + "/a", loop + "/./a"));
  EXPECT_FALSE(same_file(folder + "/a", folder + "/b"));
  EXPECT_TRUE(same_file(folder + "/a", folder + "/../" + folder.substr(folder.rfind('/')) + "/a"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace synfin
