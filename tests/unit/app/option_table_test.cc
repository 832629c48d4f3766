// The table of options: names are unique, --help is complete and fits 80 columns.
#include "app/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace synfin {
namespace {

using testing::HasSubstr;

TEST(OptionTable, NamesAreUnique) {
  OptionDraft draft;
  std::set<std::string> seen;
  for (const OptionRow& row : option_table(draft)) {
    std::istringstream names{std::string(row.names)};
    for (std::string name; std::getline(names, name, ',');)
      EXPECT_TRUE(seen.insert(name).second) << name;
  }
  EXPECT_GT(seen.size(), 60u);
}

TEST(OptionTable, GroupsAreContiguous) {
  OptionDraft draft;
  std::vector<std::string_view> groups;
  for (const OptionRow& row : option_table(draft)) {
    if (groups.empty() || groups.back() != row.group) groups.push_back(row.group);
  }
  EXPECT_EQ(std::set<std::string_view>(groups.begin(), groups.end()).size(), groups.size());
}

TEST(OptionTable, ValuesThatCanBeWrongSayWhatTheyExpect) {
  OptionDraft draft;
  for (const OptionRow& row : option_table(draft)) {
    if (row.value.set("\x01")) continue;
    EXPECT_NE(row.value.expects, "") << row.names;
    EXPECT_NE(row.value.word, "") << row.names;
  }
}

TEST(OptionHelp, HoldsEachOptionAndFits80Columns) {
  OptionDraft draft;
  const auto table = option_table(draft);
  const std::string help = help_text(table, {}, {});
  std::istringstream lines(help);
  EXPECT_TRUE(help.starts_with("\nInput:\n"));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  for (const OptionRow& row : table) {
    EXPECT_THAT(help, HasSubstr(std::string(row.group) + ":\n"));
    EXPECT_THAT(help, HasSubstr(std::string(row.name())));
  }
  EXPECT_THAT(help, HasSubstr("  -r, --read FILE       read packets or connection logs from"));
  EXPECT_THAT(help, HasSubstr("the format of --report: text, json, csv, html or md"));
}

}  // namespace
}  // namespace synfin
