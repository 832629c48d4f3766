// Names as tcpdump gives them, files that succeed one another, and what happens when one cannot be
// opened.
#include "synfin/base/rotating_output.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace synfin {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "synfin-rotate-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

RotatingOutput::Frame frame() {
  return {.begin = [](std::string& out) { out += "<"; },
          .end = [](std::string& out) { out += ">"; }};
}

RotatingOutput open(const std::string& path, RotationRules rules) {
  auto output = RotatingOutput::open(path, rules, frame());
  EXPECT_TRUE(output.ok());
  return std::move(*output);
}

void write(RotatingOutput& output, const std::string& text) {
  output.buffer() += text;
  output.commit();
}

TEST(FileNames, AreTcpdumps) {
  FileNames by_size("f", {.max_bytes = 1});
  EXPECT_EQ(by_size.first(0), "f");
  EXPECT_EQ(by_size.next_by_size(), "f1");
  EXPECT_EQ(by_size.next_by_size(), "f2");

  FileNames ring("f", {.max_bytes = 1, .max_files = 11});
  EXPECT_EQ(ring.first(0), "f00");
  for (int i = 1; i < 10; ++i) ring.next_by_size();
  EXPECT_EQ(ring.next_by_size(), "f10");
  EXPECT_EQ(ring.next_by_size(), "f00");

  FileNames by_time("f-%s", {.seconds = 1, .max_files = 2});
  EXPECT_EQ(by_time.first(100), "f-100");
  EXPECT_EQ(by_time.next_by_time(101), "f-101");
  EXPECT_EQ(by_time.next_by_time(102), "") << "-W allows two";

  FileNames both("f-%s", {.max_bytes = 1, .seconds = 1});
  EXPECT_EQ(both.first(100), "f-100");
  EXPECT_EQ(both.next_by_size(), "f-1001");
  EXPECT_EQ(both.next_by_time(200), "f-200");
}

TEST(RotatingOutput, EveryFileIsWhole) {
  const Folder folder;
  RotatingOutput output = open(folder / "log", {.max_bytes = 4});
  for (const char* piece : {"aa", "bb", "cc"}) write(output, piece);
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "<aabb>");
  EXPECT_EQ(content(folder / "log1"), "<cc>");
}

TEST(RotatingOutput, ARingWritesOverItsFirstFile) {
  const Folder folder;
  RotatingOutput output = open(folder / "log", {.max_bytes = 2, .max_files = 2});
  for (const char* piece : {"aa", "bb", "cc"}) write(output, piece);
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log0"), "<cc>");
  EXPECT_EQ(content(folder / "log1"), "<>") << "begun once more after cc filled the other";
}

TEST(RotatingOutput, ReopensWhatWasMovedAwayAndNothingElse) {
  const Folder folder;
  RotatingOutput output = open(folder / "log", {});
  write(output, "a");
  output.reopen();
  write(output, "b");
  fs::rename(folder / "log", folder / "old");
  output.reopen();
  write(output, "c");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "old"), "<ab>");
  EXPECT_EQ(content(folder / "log"), "<c>");
}

TEST(RotatingOutput, TellsAFailureOnceCountsAndGoesOn) {
  const Folder folder;
  fs::create_directory(folder / "log1");  // where the second file should be
  RotatingOutput output = open(folder / "log", {.max_bytes = 3});
  write(output, "aaa");
  EXPECT_NE(output.take_failure().find("cannot write"), std::string::npos);
  EXPECT_EQ(output.take_failure(), "");
  write(output, "bbb");
  output.flush();
  const Status closed = output.close();
  ASSERT_FALSE(closed.ok());
  EXPECT_NE(closed.error().message.find("(3 bytes lost)"), std::string::npos)
      << closed.error().message;
  EXPECT_EQ(content(folder / "log"), "<aaa>");
}

}  // namespace
}  // namespace synfin
