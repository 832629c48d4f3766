#include "filter/line_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace synfin {
namespace {

std::vector<std::string> lines_of(const std::string& text, bool* too_long = nullptr) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("synfin-lines-" + std::to_string(getpid()));
  std::ofstream(path, std::ios::binary) << text;
  LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string_view line; reader.next(line);) lines.emplace_back(line);
  if (too_long != nullptr) *too_long = reader.too_long();
  std::filesystem::remove(path);
  return lines;
}

TEST(LineReader, ReturnsLinesWithoutTheirEnds) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("a\n\nb"), (Lines{"a", "", "b"}));
  EXPECT_EQ(lines_of("a\n"), Lines{"a"});
  EXPECT_EQ(lines_of(std::string("a\0b\n", 4)), Lines{std::string("a\0b", 3)});
}

TEST(LineReader, IgnoresAByteOrderMark) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines_of("\xef\xbb\xbf[a]\nb"), (Lines{"[a]", "b"}));
  EXPECT_EQ(lines_of("a\n\xef\xbb\xbf"), (Lines{"a", "\xef\xbb\xbf"})) << "only in the first line";
}

TEST(LineReader, StopsAtALineThatIsTooLong) {
  bool too_long = false;
  const std::string longest(LineReader::kMaxLine, 'x');
  EXPECT_EQ(lines_of(longest + "\nb\n", &too_long).size(), 2u);
  EXPECT_FALSE(too_long);
  EXPECT_EQ(lines_of(longest, &too_long).size(), 1u);
  EXPECT_FALSE(too_long);
  EXPECT_EQ(lines_of("a\n" + longest + "xx\nb\n", &too_long).size(), 1u);
  EXPECT_TRUE(too_long);
}

TEST(LineReader, AnEndlessDeviceIsOneLongLine) {
  LineReader reader("/dev/zero");
  std::string_view line;
  EXPECT_FALSE(reader.next(line));
  EXPECT_TRUE(reader.too_long());
}

}  // namespace
}  // namespace synfin
