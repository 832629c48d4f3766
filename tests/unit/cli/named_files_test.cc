// The files that a configuration file names: opened with rights, read without.
#include "synfin/cli/named_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "synfin/cli/secrets.h"

namespace synfin {
namespace {

class NamedFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "named-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    std::ofstream(path) << content;
    chmod(path.c_str(), 0600);
    return path;
  }
  static std::string content(const NamedFiles& files, const std::string& path) {
    std::vector<std::string> warnings;
    const auto text = read_secret_file(path, files, warnings);
    return text ? *text : "error: " + text.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(NamedFilesTest, WhatWasOpenedIsReadAgainAndAgain) {
  if (geteuid() != 0) GTEST_SKIP() << "only a process with more rights opens files in advance";
  const std::string one = write("one", "first"), two = write("two", "second");
  setenv("SYNFIN_TEST_FOLDER", folder_.c_str(), 1);
  setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  write("three", "third");
  write("four", "fourth");
  const auto files =
      NamedFiles::open("[notify.a]\npassword-file = " + one + "\ntoken_file = \"" + two +
                           "\"\nca-file = ${SYNFIN_TEST_FOLDER}/three\n"
                           "secret-credential = four\nurl = " +
                           folder_.string() + "/five\n",
                       "a.conf");
  unsetenv("SYNFIN_TEST_FOLDER");
  unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_TRUE(files) << files.error().message;
  write("five", "fifth");
  const std::string three = folder_ / "three", four = folder_ / "four", five = folder_ / "five";
  for (const std::string& path : {one, two, three, four, five}) write(path, "replaced");
  for (const std::string& path : {one, two, three, four}) unlink(path.c_str());
  EXPECT_EQ(content(*files, one), "replaced") << "the same file, whatever its name is now";
  EXPECT_EQ(content(*files, one), "replaced") << "from its begin";
  EXPECT_EQ(content(*files, two), "replaced");
  EXPECT_EQ(*read_certificates(three, *files), "replaced");
  EXPECT_EQ(content(*files, four), "replaced");
  unlink(five.c_str());
  EXPECT_EQ(content(*files, five).substr(0, 6), "error:") << "a url is no file";
}

TEST_F(NamedFilesTest, AMissingFileIsAnErrorWhenItIsRead) {
  const std::string path = folder_ / "later";
  const auto files = NamedFiles::open("[clickhouse]\npassword-file = " + path + "\n", "a.conf");
  ASSERT_TRUE(files);
  if (geteuid() == 0) write("later", "too late");
  EXPECT_EQ(content(*files, path), "error: cannot read " + path + ": No such file or directory");
}

TEST_F(NamedFilesTest, WrongLinesNameNothing) {
  const std::string path = write("one", "first");
  const auto files = NamedFiles::open("x\n=\n[a\npassword-file =\n", "a.conf");
  ASSERT_TRUE(files);
  EXPECT_EQ(content(*files, path), "first") << "it is opened when it is read";
}

}  // namespace
}  // namespace synfin
