// How tables and lists of properties fit a narrow terminal.
#include "synfin/report/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <utility>

#include "synfin/report/document.h"

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const Line& line) {
  std::string text;
  for (const Piece& piece : line) text += piece.text;
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// Addresses that can be shortened, a state, and further columns.
Table connections() {
  Table table;
  table.columns = {{"local", "Local", Align::Left, -1, true, false, 15},
                   {"remote", "Remote", Align::Left, -1, true, false, 15},
                   {"state", "State", Align::Left, -1},
                   {"pid", "PID", Align::Right},
                   {"out", "Out", Align::Right, 3},
                   {"in", "In", Align::Right, 3, false, false, 0, true}};
  table.rows = {{text_cell("192.0.2.100:443"), text_cell("203.0.113.200:40000"), text_cell("open"),
                 text_cell("4711"), text_cell("1.2 MiB"), text_cell("3.4 KiB")}};
  return table;
}

std::string head_of(const Table& table, std::size_t width, bool clips) {
  return text_of(TextTable(table, {.width = width, .indent = 0, .clips = clips}).head());
}

TEST(TextTable, DropsJoinedColumnsTogether) {
  const Table table = connections();
  EXPECT_THAT(head_of(table, 70, true), HasSubstr("In"));
  for (std::size_t width = 40; width < 70; ++width) {
    const std::string head = head_of(table, width, true);
    EXPECT_EQ(head.find("Out") == head.npos, head.find(" In") == head.npos) << head;
  }
}

TEST(TextTable, ANarrowScreenDropsColumnsBeforeAddressesBecomeIllegible) {
  const Table table = connections();
  const TextTable narrow(table, {.width = 40, .indent = 0, .clips = true});
  EXPECT_LE(narrow.width(), 40u);
  EXPECT_THAT(text_of(narrow.head()), Not(HasSubstr("PID")));
  EXPECT_THAT(text_of(narrow.row(0)), HasSubstr("192.0.2.100:443"));
  EXPECT_THAT(head_of(table, 40, false), HasSubstr("PID"))
      << "a file keeps what may not be dropped";
}

TEST(TextTable, AListIsShortenedBehindAnItem) {
  for (const auto& [width, text] :
       {std::pair<std::size_t, const char*>{40, "80 http, 443 https, 8000"},
        {24, "80 http, 443 https, 8000"},
        {23, "80 http, 443 https …"},
        {20, "80 http, 443 https …"},
        {19, "80 http …"},
        {9, "80 http …"},
        {8, "80 …"}})
    EXPECT_EQ(cut_list("80 http, 443 https, 8000", width, true), text) << width;
  EXPECT_EQ(cut_list("8000, 8001", 8, false), "8000 ..");
  EXPECT_EQ(cut_list("filtered", 6, true), "filte…");
  Table table;
  table.columns = {{.key = "ports", .title = "Ports", .shrinks = true, .is_list = true}};
  table.rows = {{text_cell("8000, 8001, 8002, 8003, 8004")}};
  const TextTable narrow(table, {.width = 20, .indent = 0});
  EXPECT_EQ(text_of(narrow.row(0)), "8000, 8001, 8002 …");
}

TEST(TextTable, MarksAllColumnsOfTheOrder) {
  static constexpr std::array<std::string_view, 2> kKeys{"out", "in"};
  Table table = connections();
  table.sort_keys = kKeys;
  table.sort_descending = true;
  EXPECT_THAT(head_of(table, 0, false), HasSubstr("Out▼"));
  EXPECT_THAT(head_of(table, 0, false), HasSubstr("In▼"));
  EXPECT_THAT(head_of(table, 0, false), Not(HasSubstr("PID▼")));
}

TEST(TextTable, ShortensEvenWhatIsNeverDropped) {
  const Table table = connections();
  const TextTable tiny(table, {.width = 24, .indent = 0, .clips = true});
  EXPECT_LE(tiny.width(), 24u);
  EXPECT_THAT(text_of(tiny.head()), HasSubstr("State"));
}

std::vector<std::string> lines_of_properties(std::size_t width) {
  Document document;
  Table& table = document.tables.emplace_back();
  table.columns = {{"what", "", Align::Left}, {"value", "", Align::Left, 0, true}};
  table.rows = {{text_cell("originator"), text_cell("192.0.2.1:40000")},
                {text_cell("process of originator"), text_cell("4711 /usr/bin/program alice")}};
  std::vector<std::string> lines;
  for (const Line& line : lines_of(document, {.width = width, .clips = true}))
    lines.push_back(text_of(line));
  return lines;
}

TEST(TextReport, LongPropertiesContinueOnTheNextLine) {
  EXPECT_THAT(lines_of_properties(80),
              ElementsAre("  originator             192.0.2.1:40000",
                          "  process of originator  4711 /usr/bin/program alice"));
  EXPECT_THAT(lines_of_properties(47), ElementsAre("  originator             192.0.2.1:40000",
                                                   "  process of originator  4711 /usr/bin/program",
                                                   "                         alice"));
  EXPECT_THAT(lines_of_properties(30),
              ElementsAre("  originator  192.0.2.1:40000", "  process of originator",
                          "    4711 /usr/bin/program", "    alice"));
}

TEST(CutText, WideCharactersNeverExceedTheWidth) {
  const std::string wide = "a漢漢漢漢漢漢漢漢漢漢";
  if (columns_of(wide) != 21) GTEST_SKIP() << "this locale has no wide characters";
  for (std::size_t width = 3; width < 21; ++width) {
    for (const auto cut : {cut_middle, cut_end, cut_begin}) {
      const std::string text = cut(wide, width, true);
      EXPECT_LE(columns_of(text), width) << text;
      EXPECT_GE(columns_of(text) + 2, width) << text;
    }
  }
}

TEST(ShownText, ACombiningCharacterDoesNotChangeTheTextBeforeIt) {
  if (columns_of("\u0301") != 0) GTEST_SKIP() << "this locale has no combining characters";
  EXPECT_EQ(shown_text("\u0301x", true), "\u25cc\u0301x");
  EXPECT_EQ(shown_text("e\u0301", true), "e\u0301");
  EXPECT_EQ(padded("e\u0301", 3), "e\u0301  ");
}

}  // namespace
}  // namespace synfin
