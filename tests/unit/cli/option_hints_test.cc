// Common mistakes in command lines: the message names the remedy.
#include "cli/option_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/option_table.h"

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string check(std::vector<std::string> words) {
  OptionDraft draft;
  return check_filter_words(option_table(draft), words);
}

TEST(OptionHints, FiltersAreNotQuestioned) {
  EXPECT_EQ(check({}), "");
  EXPECT_EQ(check({"port", "80"}), "");
  EXPECT_EQ(check({"tcp[0]", "-", "1", "=", "3"}), "");
  EXPECT_EQ(check({"len", "-5", "<", "3"}), "");
}

TEST(OptionHints, AFileNeedsItsOption) {
  EXPECT_THAT(check({"office.pcapng"}), HasSubstr("did you mean -r office.pcapng?"));
  EXPECT_THAT(check({SYNFIN_SOURCE_DIR "/pcaps"}), HasSubstr("did you mean -r"));
}

TEST(OptionHints, TheWordHelpNamesTheOption) {
  EXPECT_THAT(check({"help"}), HasSubstr("synfin --help prints the help"));
  EXPECT_EQ(check({"host", "help"}), "");
}

TEST(OptionHints, AnInterfaceNeedsItsOption) {
  EXPECT_THAT(check({"lo"}), HasSubstr("did you mean -i lo?"));
}

TEST(OptionHints, OptionsPrecedeTheFilter) {
  EXPECT_EQ(check({"port", "80", "--view", "events"}),
            "option --view follows the filter, which begins at 'port': options come first");
  EXPECT_THAT(check({"port", "80", "-v"}), HasSubstr("option -v follows"));
  EXPECT_THAT(check({"a.pcap", "--log=x"}), HasSubstr("did you mean -r a.pcap?"));
}

TEST(OptionHints, DashesOfWordProcessors) {
  EXPECT_THAT(check({"\u2013r", "a"}), HasSubstr("a dash that is no hyphen"));
  EXPECT_THAT(check({"\u2014view", "events"}), HasSubstr("a dash that is no hyphen"));
}

TEST(OptionHints, OneDashOrAnEqualsSignTooMuch) {
  OptionDraft draft;
  const auto table = option_table(draft);
  EXPECT_EQ(check_dashes(table, "-view"), "unknown option -view; did you mean --view?");
  EXPECT_EQ(check_dashes(table, "-log=x"), "unknown option -log; did you mean --log?");
  EXPECT_EQ(check_dashes(table, "-o=x.txt"), "-o takes its value without '=': -o x.txt");
  for (const char* right : {"--view", "-o", "-ox.txt", "-vq", "-", "--", "-n=", "-rview", "port"})
    EXPECT_EQ(check_dashes(table, right), "") << right;
}

TEST(OptionHints, ValuesHaveNeighbours) {
  const std::vector<std::string> choices{"events", "summary", "none"};
  EXPECT_EQ(nearest_choice(choices, "sumary"), "summary");
  EXPECT_EQ(nearest_choice(choices, "SUMMARY"), "summary");
  EXPECT_EQ(nearest_choice(choices, "ev"), "events");
  EXPECT_EQ(nearest_choice(choices, "watermelon"), "");
  EXPECT_EQ(nearest_choice(choices, ""), "");
  EXPECT_EQ(nearest_choice(choices, std::string(1'000'000, 'x')), "");
}

TEST(OptionHints, UnknownOptionsHaveNeighbours) {
  OptionDraft draft;
  const auto table = option_table(draft);
  EXPECT_THAT(nearest_options(table, "--veiw"), ElementsAre("--view"));
  EXPECT_THAT(nearest_options(table, "--report-fromat=md"), ElementsAre("--report-format"));
  EXPECT_THAT(nearest_options(table, "--resolve"), ElementsAre("--resolve-names"));
  EXPECT_THAT(nearest_options(table, "--quite"), ElementsAre("--quiet"));
  EXPECT_THAT(nearest_options(table, "--watermelon"), IsEmpty());
  EXPECT_THAT(nearest_options(table, "-x"), IsEmpty());
  EXPECT_EQ(check({"--veiw", "events"}), "unknown option --veiw; did you mean --view?");
  EXPECT_EQ(check({"--stroe=clickhouse://h:pw/x"}),
            "unknown option --stroe; did you mean --store?");
  EXPECT_EQ(check({"-x"}), "unknown option -x (synfin --help lists all)");
}

}  // namespace
}  // namespace synfin
