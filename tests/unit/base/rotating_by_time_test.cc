// RotatingOutput by time: by the clock and by the time of the pieces.
#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <utility>

#include "unit/base/rotation_samples.h"

namespace synfin {
namespace {

using namespace rotation_test;
namespace fs = std::filesystem;

TEST(RotatingOutput, ByTimeEachPeriodHasAFileOfItsOwn) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.seconds = 10});
  for (const char* piece : {"a", "b", "c"}) {
    output.advance();
    write_text(output, piece);
    now += 10;
  }
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(all_content(folder), "<a><b><c>");
}

TEST(RotatingOutput, APieceAfterAQuietPeriodBelongsToANewFile) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log-%s", {.seconds = 10});
  write_text(output, "a");
  now += 25;
  output.advance();  // nothing was written meanwhile
  EXPECT_EQ(content(folder / "log-1000000"), "<a>");
  now += 4;
  output.advance();
  write_text(output, "b");
  now += 1;
  output.advance();
  write_text(output, "c");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log-1000025"), "<b>") << "the period from 20 to 30 s";
  EXPECT_EQ(content(folder / "log-1000030"), "<c>") << "periods do not drift";
}

TEST(RotatingOutput, ByCaptureTimeFilesAreNamedByTheirPieces) {
  const Folder folder;
  RotatingOutput output =
      open_rotating(folder / "log-%s", {.seconds = 10, .by_capture_time = true});
  output.flush();
  now += 100;
  output.advance();
  for (const auto& [time, piece] :
       std::initializer_list<std::pair<int, const char*>>{{500, "a"}, {509, "b"}, {535, "c"}}) {
    output.advance(time);
    write_text(output, piece);
  }
  output.advance();
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log-500"), "<ab>");
  EXPECT_EQ(content(folder / "log-535"), "<c>");
  EXPECT_FALSE(fs::exists(folder / "log-1000000")) << "the name by the clock was never used";
}

TEST(RotatingOutput, ByCaptureTimeThePeriodOfNowHasOneFile) {
  const Folder folder;
  RotatingOutput output =
      open_rotating(folder / "log-%Y", {.seconds = 10, .by_capture_time = true});
  output.advance(now);
  write_text(output, "a");
  EXPECT_FALSE(output.take_failure());
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(all_content(folder), "<a>");
}

TEST(RotatingOutput, ByCaptureTimeAnEmptyInputHasAnEmptyFile) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log", {.seconds = 10, .by_capture_time = true});
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log"), "<>");
}

TEST(RotatingOutput, SizesDoNotChangePeriods) {
  const Folder folder;
  RotatingOutput output = open_rotating(folder / "log-%s", {.max_bytes = 3, .seconds = 10});
  now += 9;
  output.advance();
  write_text(output, "aa");  // begins log-10000001
  now += 1;
  output.advance();
  write_text(output, "b");
  EXPECT_TRUE(output.close().ok());
  EXPECT_EQ(content(folder / "log-1000000"), "<aa>");
  EXPECT_EQ(content(folder / "log-1000010"), "<b>");
}

}  // namespace
}  // namespace synfin
