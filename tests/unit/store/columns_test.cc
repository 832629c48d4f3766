// The columns of the tables: names, types and widths.
#include "store/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "store/tables.h"

namespace synfin::test {
namespace {

TEST(StoreColumns, EachHasANameOfItsOwnAndTheWidthOfItsType) {
  std::set<std::string> names;
  for (const StoreColumn& column : connection_columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    const std::string& type = column.type;
    const std::size_t width = type == "String"                   ? 0
                              : type == "LowCardinality(String)" ? 2
                              : type.starts_with("FixedString(") ? std::stoul(type.substr(12))
                              : type.starts_with("Enum8")        ? 1
                              : type == "Date"
                                  ? 2
                                  : std::stoul(type.substr(type.find_first_of("123468"))) / 8;
    EXPECT_EQ(column.width, width) << column.name << " " << type;
    EXPECT_EQ(column.distinct, type.starts_with("LowC")) << column.name;
  }
}

TEST(StoreColumns, DaysAreThoseOfUtcAndBounded) {
  EXPECT_EQ(day_of(timestamp_from_ns(0)), 0);
  EXPECT_EQ(day_of(timestamp_from_ns(kNanosPerDay - 1)), 0);
  EXPECT_EQ(day_of(timestamp_from_ns(20'000 * kNanosPerDay)), 20'000);
  EXPECT_EQ(day_of(timestamp_from_ns(-1)), 0);
  EXPECT_EQ(day_of(Timestamp::max()), 65'535);
}

TEST(StoreColumns, WordsAreEnumerations) {
  for (const StoreColumn& column : connection_columns()) {
    if (column.name == "outcome") {
      EXPECT_THAT(column.type, testing::StartsWith("Enum8('open' = 0, 'closed' = 1, "));
      EXPECT_THAT(column.type, testing::EndsWith("'backscatter' = 10)"));
    }
    if (column.name == "cause") {
      EXPECT_THAT(column.type, testing::StartsWith("Enum8('none' = 0"));
    }
  }
}

TEST(StoreTables, EachHasDaySensorAndDistinctColumns) {
  for (int i = 0; i < kStoreTables; ++i) {
    const auto table = static_cast<StoreTable>(i);
    std::set<std::string> names;
    for (const StoreColumn& column : columns_of(table))
      EXPECT_TRUE(names.insert(column.name).second) << to_string(table) << " " << column.name;
    EXPECT_TRUE(names.contains("day") && names.contains("sensor")) << to_string(table);
  }
}

}  // namespace
}  // namespace synfin::test
