// RotatingOutput and folders: each period in a folder of its own, and folders, files and clocks
// that somebody changes meanwhile.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/file_size_limit.h"
#include "unit/base/rotation_samples.h"

namespace synfin {
namespace {

using namespace rotation_test;
namespace fs = std::filesystem;

TEST(RotatingOutput, SizesRotateInTheFolderOfThePeriod) {
  const Folder folder;
  for (const char* name : {"d-1000000", "d-1000010"}) fs::create_directory(folder / name);
  RotatingOutput output = open_rotating(folder / "d-%s/log", {.max_bytes = 3, .seconds = 10});
  output.advance();
  write_text(output, "aa");
  now += 10;
  output.advance();
  write_text(output, "bb");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "d-1000000/log"), "<aa>");
  EXPECT_EQ(content(folder / "d-1000000/log1"), "<>");
  EXPECT_EQ(content(folder / "d-1000010/log"), "<bb>");
  EXPECT_EQ(content(folder / "d-1000010/log1"), "<>");
  EXPECT_FALSE(fs::exists(folder / "d-1000000/log1.1"));
}

TEST(RotatingOutput, ReopensInTheFolderOfThePeriod) {
  const Folder folder;
  for (const char* name : {"d-1000000", "d-1000010"}) fs::create_directory(folder / name);
  RotatingOutput output = open_rotating(folder / "d-%s/log", {.seconds = 10});
  output.advance();
  write_text(output, "a");
  now += 10;
  output.advance();
  write_text(output, "b");
  output.flush();
  fs::rename(folder / "d-1000010/log", folder / "d-1000010/old");
  output.reopen();
  write_text(output, "c");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "d-1000000/log"), "<a>");
  EXPECT_EQ(content(folder / "d-1000010/old"), "<b>");
  EXPECT_EQ(content(folder / "d-1000010/log"), "<c>");
}

constexpr RotationRules kByCapture = {.seconds = 10, .by_capture_time = true};

TEST(RotatingOutput, ByCaptureTimeTheFolderOfNowNeedNotExist) {
  const Folder folder;
  fs::create_directory(folder / "d-500");
  RotatingOutput output = open_rotating(folder / "d-%s/log", kByCapture);
  output.advance(500);
  write_text(output, "a");
  EXPECT_FALSE(output.take_failure());
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "d-500/log"), "<a>");
  RotatingOutput unused = open_rotating(folder / "d-%s/log", kByCapture);
  unused.flush();
  EXPECT_TRUE(unused.close().ok()) << "there was nothing to write";
  EXPECT_FALSE(RotatingOutput::open(folder / "none/log-%s", kByCapture, frame()));
}

TEST(RotatingOutput, APeriodWithoutItsFolderIsLostAndTheNextOneIsNot) {
  const Folder folder;
  fs::create_directory(folder / "d-510");
  RotatingOutput output = open_rotating(folder / "d-%s/log", kByCapture);
  output.advance(500);
  write_text(output, "a");
  output.flush();
  EXPECT_NE(output.take_failure().value_or(Error{}).message.find("d-500/log: No such file"),
            std::string::npos);
  output.advance(510);
  write_text(output, "b");
  const Status closed = output.close();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("d-500/log"), std::string::npos) << closed.error().message;
  EXPECT_EQ(content(folder / "d-510/log"), "<b>");
}

TEST(RotatingOutput, AFolderThatWasRemovedIsOpenedAgainByItsName) {
  const Folder folder;
  fs::create_directory(folder / "logs");
  RotatingOutput output = open_rotating(folder / "logs/log", {});
  write_text(output, "a");
  fs::remove_all(folder / "logs");
  output.reopen();
  EXPECT_NE(output.take_failure().value_or(Error{}).message.find("No such file"),
            std::string::npos);
  fs::create_directory(folder / "logs");
  now += 1;
  output.reopen();
  write_text(output, "b");
  EXPECT_TRUE(output.close().ok()) << "whoever removes a file and sends SIGHUP wants a new one";
  EXPECT_EQ(content(folder / "logs/log"), "<b>");
}

TEST(RotatingOutput, AFileThatSomebodyRemovesIsLost) {
  const Folder folder;
  for (const RotationRules rules : {RotationRules{}, RotationRules{.max_bytes = 4}}) {
    RotatingOutput output = open_rotating(folder / "log", rules);
    write_text(output, "a");
    output.flush();
    fs::remove(folder / "log");
    write_text(output, "bb");
    const Status closed = output.close();
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().message,
              (folder / "log") + " was removed while synfin wrote to it (5 bytes lost)");
  }
}

TEST(RotatingOutput, AClockThatStepsBackDoesNotDelayTheNextAttempt) {
  const Folder folder;
  std::time_t wall = 1'000'000, steady = 100;
  auto output = RotatingOutput::open(
      folder / "log", {}, frame(), [&] { return wall; }, [&] { return steady; });
  ASSERT_TRUE(output);
  output->set_line_buffered(true);
  {
    const test::FileSizeLimit full(2);
    write_text(*output, "aaa");
  }
  wall -= 3600;
  write_text(*output, "b");
  EXPECT_EQ(content(folder / "log"), "<a") << "the next attempt is due a second later";
  steady += 1;
  write_text(*output, "c");
  EXPECT_EQ(content(folder / "log"), "<aaabc");
  EXPECT_TRUE(output->close().ok());
}

}  // namespace
}  // namespace synfin
