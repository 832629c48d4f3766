// The options of live capture: sizes, limits, and which exclude each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/options.h"

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Parses `words` into `settings`; returns the error, or an empty string.
std::string parse(std::vector<std::string> words, LiveSettings& settings) {
  std::vector<const char*> argv = {"synfin"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.insert(argv.end(), {"-w", "f"});  // the file that -C, -G and -W rotate
  const auto parsed = parse_command_line(static_cast<int>(argv.size()), argv.data());
  if (!parsed) return parsed.error().message;
  settings = parsed->options.live;
  return {};
}

TEST(LiveOptions, HaveTheNamesOfTcpdump) {
  LiveSettings s;
  EXPECT_EQ(parse({"-i", "eth0", "-i", "2", "-s", "96", "-B", "64", "-p", "--immediate", "-G", "60",
                   "-W", "5", "-Z", "nobody", "-D"},
                  s),
            "");
  EXPECT_THAT(s.interfaces, ElementsAre("eth0", "2"));
  EXPECT_EQ(s.snap_length, 96u);
  EXPECT_EQ(s.buffer_kib, 64u);
  EXPECT_TRUE(s.no_promiscuous && s.immediate && s.list_interfaces);
  EXPECT_EQ(s.write, "f");
  EXPECT_EQ(s.rotation.seconds, 60);
  EXPECT_EQ(s.rotation.max_files, 5u);
  EXPECT_EQ(s.user, "nobody");
}

TEST(LiveOptions, SizesAreMillionsOrPowersOf1024) {
  const struct {
    const char* text;
    std::uint64_t bytes;
  } cases[] = {{"1", 1'000'000},
               {"10", 10'000'000},
               {"500k", 512'000},
               {"500K", 512'000},
               {"3m", 3u << 20},
               {"1G", 1u << 30},
               {"17179869183G", 17179869183ull << 30}};
  for (const auto& c : cases) {
    LiveSettings s;
    EXPECT_EQ(parse({"-C", c.text}, s), "");
    EXPECT_EQ(s.rotation.max_bytes, c.bytes) << c.text;
  }
  for (const char* text : {"0", "0k", "k", "-1", "10kb", "1.5G", "10 k", "17179869184G",
                           "99999999999999999999", "18446744073709551615"}) {
    LiveSettings s;
    EXPECT_THAT(parse({std::string("-C") + text}, s), HasSubstr(text));
  }
}

TEST(LiveOptions, NumbersHaveLimits) {
  const std::vector<std::string> wrong[] = {{"-s", "262145"}, {"-s", "-1"},         {"-s", "many"},
                                            {"-B", "63"},     {"-B", "2000001"},    {"-G", "0"},
                                            {"-W", "0"},      {"-W", "4294967296"}, {"-c", "0"}};
  for (const auto& words : wrong) {
    LiveSettings s;
    EXPECT_THAT(parse(words, s), HasSubstr(words[1])) << words[0];
  }
  LiveSettings s;
  EXPECT_EQ(parse({"-s", "262144", "-B", "2000000"}, s), "");
}

TEST(LiveOptions, PatternsOfTimesThatNameNoFileAreErrors) {
  LiveSettings s;
  s.write = "packets-%D";
  EXPECT_EQ(check_live_options(s, "", false), "") << "without -G it is no pattern";
  s.rotation.seconds = 60;
  EXPECT_THAT(check_live_options(s, "", false), HasSubstr("-G: the name packets-%D has a conver"));
  s.write = "packets";
  EXPECT_THAT(check_live_options(s, "log%", false), HasSubstr("-G: the name log% ends in"));
}

TEST(LiveOptions, ContradictionsAreErrors) {
  const auto check = [](const std::function<void(LiveSettings&)>& set, bool logs, bool reads) {
    LiveSettings s;
    set(s);
    return check_live_options(s, logs ? "log" : "-", reads);
  };
  const auto by_size = [](LiveSettings& s) { s.rotation.max_bytes = 1; };
  EXPECT_EQ(check([](LiveSettings&) {}, false, false), "");
  EXPECT_THAT(check([](LiveSettings& s) { s.interfaces = {"lo"}; }, false, true), HasSubstr("-i"));
  EXPECT_THAT(check([](LiveSettings& s) { s.rotation.max_files = 1; }, true, false),
              HasSubstr("-W"));
  EXPECT_THAT(check(by_size, false, false), HasSubstr("-C"));
  EXPECT_EQ(check(by_size, true, false), "");
  EXPECT_EQ(check([&](LiveSettings& s) { by_size(s), s.write = "f"; }, false, false), "");
  EXPECT_THAT(check([&](LiveSettings& s) { by_size(s), s.write = "-"; }, false, false),
              HasSubstr("-w"));
}

}  // namespace
}  // namespace synfin
