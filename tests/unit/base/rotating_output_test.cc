// File names, rotation by size, time and request, and rotation that fails.
#include "synfin/base/rotating_output.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unit/base/rotation_samples.h"

namespace synfin {
namespace {

using namespace rotation_test;
namespace fs = std::filesystem;

TEST(FileNames, AreThoseOfTcpdump) {
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

  FileNames dated("f", {.seconds = 1});
  EXPECT_EQ(dated.first(100), "f");
  EXPECT_TRUE(dated.next_by_time(100).starts_with("f-1970")) << "a name without a time gets one";

  FileNames both("f-%s", {.max_bytes = 1, .seconds = 1});
  EXPECT_EQ(both.first(100), "f-100");
  EXPECT_EQ(both.next_by_size(), "f-1001");
  EXPECT_EQ(both.next_by_time(200), "f-200");
}

TEST(RotatingOutput, EveryFileIsComplete) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.max_bytes = 4});
  for (const char* piece : {"aa", "bb", "cc"}) write_text(output, piece);
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "<aabb>");
  EXPECT_EQ(content(folder / "log1"), "<cc>");
}

TEST(RotatingOutput, ARingOverwritesItsFirstFile) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.max_bytes = 2, .max_files = 2});
  for (const char* piece : {"aa", "bb", "cc"}) write_text(output, piece);
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log0"), "<cc>");
  EXPECT_EQ(content(folder / "log1"), "<>") << "begun again after cc filled the other";
}

TEST(RotatingOutput, ARingOfOneFileBeginsItAnew) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.max_bytes = 3, .max_files = 1});
  for (const char* piece : {"aa", "bb", "c"}) write_text(output, piece);
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "<c>");
}

TEST(RotatingOutput, ReopensOnlyAFileThatWasMovedAway) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {});
  write_text(output, "a");
  output.reopen();
  write_text(output, "b");
  fs::rename(folder / "log", folder / "old");
  output.reopen();
  write_text(output, "c");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "old"), "<ab>");
  EXPECT_EQ(content(folder / "log"), "<c>");
}

TEST(RotatingOutput, ReopenContinuesAFileThatLogrotateCreated) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {});
  write_text(output, "a");
  output.flush();
  fs::rename(folder / "log", folder / "old");
  { std::ofstream(folder / "log") << "x"; }
  output.reopen();
  write_text(output, "b");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "old"), "<a>");
  EXPECT_EQ(content(folder / "log"), "x<b>");
}

TEST(RotatingOutput, ANameThatExistsGetsANumber) {
  const Folder folder;
  { std::ofstream(folder / "log1") << "precious"; }
  RotatingOutput output = open_rotating(folder / "log", {.max_bytes = 3});
  write_text(output, "aa");
  write_text(output, "bb");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "<aa>");
  EXPECT_EQ(content(folder / "log1"), "precious");
  EXPECT_EQ(content(folder / "log1.1"), "<bb>");
}

TEST(RotatingOutput, TheFileOfAnEarlierRunIsKept) {
  const Folder folder;
  { std::ofstream(folder / "log") << "precious"; }
  { std::ofstream(folder / "empty"); }
  for (const RotationRules rules : {RotationRules{.max_bytes = 9}, RotationRules{.seconds = 9}}) {
    RotatingOutput output = open_rotating(folder / "log", rules);
    write_text(output, "a");
    EXPECT_TRUE(output.close().ok());
  }
  EXPECT_EQ(content(folder / "log"), "precious");
  EXPECT_EQ(content(folder / "log.1"), "<a>");
  EXPECT_EQ(content(folder / "log.2"), "<a>");
  RotatingOutput into_empty = open_rotating(folder / "empty", {.seconds = 9});
  EXPECT_TRUE(into_empty.close().ok());
  EXPECT_EQ(content(folder / "empty"), "<>");
  RotatingOutput ring = open_rotating(folder / "log", {.max_bytes = 9, .max_files = 2});
  EXPECT_TRUE(ring.close().ok());
  RotatingOutput unrotated = open_rotating(folder / "log", {});
  EXPECT_TRUE(unrotated.close().ok());
  EXPECT_EQ(content(folder / "log"), "<>") << "without rotation, a run replaces the log";
}

TEST(RotatingOutput, ALimitOfPeriodsIsNoRing) {
  const Folder folder;
  { std::ofstream(folder / "log") << "precious"; }
  RotatingOutput output = open_rotating(folder / "log", {.seconds = 9, .max_files = 3});
  write_text(output, "a");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "precious");
}

TEST(RotatingOutput, ADeviceIsNotRotated) {
  RotatingOutput output = open_rotating("/dev/null", {.max_bytes = 2, .seconds = 1});
  for (const char* piece : {"aa", "bb", "cc"}) {
    write_text(output, piece);
    now += 2;
  }
  EXPECT_FALSE(output.take_failure());
  EXPECT_TRUE(output.close().ok());
  EXPECT_FALSE(fs::exists("/dev/null1"));
}

TEST(RotatingOutput, AFileThatLogrotateEmptiedContinuesAtItsStart) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {});
  write_text(output, "aaa");
  output.flush();
  fs::copy_file(folder / "log", folder / "copy");
  fs::resize_file(folder / "log", 0);
  write_text(output, "b");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "copy"), "<aaa");
  EXPECT_EQ(content(folder / "log"), "b>");
}

/// While it lives, a folder has the name `path`, so that no file can be opened there.
class NameTakenByFolder {
 public:
  explicit NameTakenByFolder(const std::string& path) : path_(path) { fs::create_directory(path_); }
  ~NameTakenByFolder() { fs::remove(path_); }
  NameTakenByFolder(const NameTakenByFolder&) = delete;
  NameTakenByFolder& operator=(const NameTakenByFolder&) = delete;

 private:
  fs::path path_;
};

TEST(RotatingOutput, ARotationThatFailsKeepsTheFileAndIsTriedAgain) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.max_bytes = 3, .max_files = 2});
  {
    const NameTakenByFolder taken(folder / "log1");
    write_text(output, "aa");
    EXPECT_NE(
        output.take_failure().value_or(Error{}).message.find("cannot write " + (folder / "log1")),
        std::string::npos);
    for (int i = 0; i < 100; ++i) write_text(output, "b");
    EXPECT_FALSE(output.take_failure()) << "reported once";
    now += 1;
    write_text(output, "c");
  }
  write_text(output, "d");  // the second attempt is due two seconds after the first
  now += 2;
  write_text(output, "e");
  write_text(output, "f");
  EXPECT_TRUE(output.close().ok()) << "nothing was lost";
  EXPECT_EQ(content(folder / "log0"), "<aa" + std::string(100, 'b') + "cde>");
  EXPECT_EQ(content(folder / "log1"), "<f>");
}

TEST(RotatingOutput, AReopenThatFailsKeepsTheFileAndIsTriedAgain) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {});
  write_text(output, "a");
  output.flush();
  fs::rename(folder / "log", folder / "old");
  {
    const NameTakenByFolder taken(folder / "log");
    output.reopen();
    write_text(output, "b");
  }
  EXPECT_TRUE(output.take_failure());
  now += 1;
  write_text(output, "c");
  write_text(output, "d");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "old"), "<abc>");
  EXPECT_EQ(content(folder / "log"), "<d>");
}

TEST(RotatingOutput, ContinuesWhenTheDiskIsFreed) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {});
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit full{2, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  output.set_line_buffered(true);
  write_text(output, "aaa");
  write_text(output, "bbb");
  EXPECT_NE(output.take_failure().value_or(Error{}).message.find("cannot write"),
            std::string::npos);
  EXPECT_FALSE(output.take_failure());
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, old_handler);
  now += 1;
  write_text(output, "ccc");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "<aaabbbccc>");
}

TEST(RotatingOutput, ARotationWaitsUntilTheDiskIsFreed) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.max_bytes = 4});
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit full{2, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  write_text(output, "aaaa");
  write_text(output, "bbbb");
  EXPECT_FALSE(fs::exists(folder / "log1"));
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, old_handler);
  for (const char* text : {"c", "d"}) {
    now += 60;
    write_text(output, text);
  }
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log") + content(folder / "log1"), "<aaaabbbbcd><>");
}

TEST(RotatingOutput, OnAFullDiskOnlyTextLosesThePartOfALine) {
  const Folder folder;
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit full{8, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  for (const bool lines : {true, false}) {
    auto output =
        RotatingOutput::open(folder / "log", {}, {.begin = {}, .end = {}, .has_lines = lines});
    ASSERT_TRUE(output);
    write_text(*output, "line\nand more");
    EXPECT_FALSE(output->close().ok());
    EXPECT_EQ(content(folder / "log"), lines ? "line\n" : "line\nand");
  }
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, old_handler);
}

TEST(RotatingOutput, ASecondWriterFailsWithASentence) {
  const Folder folder;
  RotatingOutput first = open_rotating(folder / "log", {});
  write_text(first, "first");
  const auto second = RotatingOutput::open(folder / "log", {}, frame());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot write " + (folder / "log") +
                ": another synfin or another output of this one writes to it");
  EXPECT_TRUE(first.close().ok());
  EXPECT_EQ(content(folder / "log"), "<first>");
  EXPECT_TRUE(RotatingOutput::open(folder / "log", {}, frame())) << "a closed file has no writer";
}

TEST(RotatingOutput, StaysInItsFolderWhenThatIsRenamed) {
  const Folder folder;
  fs::create_directory(folder / "logs");
  RotatingOutput output = open_rotating(folder / "logs/log", {.max_bytes = 3});
  fs::rename(folder / "logs", folder / "moved");
  write_text(output, "aa");
  write_text(output, "bb");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "moved/log"), "<aa>");
  EXPECT_EQ(content(folder / "moved/log1"), "<bb>");
}

}  // namespace
}  // namespace synfin
