// Rows of connections: each column has a value of its type, in RowBinary's layout.
#include "store/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "store/tables.h"
#include "support/event_samples.h"

namespace synfin::test {
namespace {

/// The bytes that each column of a row takes, by its name.
class ColumnSizes {
 public:
  explicit ColumnSizes(RowBuffer& row) : encoder_(row), row_(row) {}

  void day(std::string_view name, std::uint16_t n) {
    put(name, [&] { encoder_.day(name, n); });
  }
  template <typename Number>
  void number(std::string_view name, Number n) {
    put(name, [&] { encoder_.number(name, n); });
  }
  void flag(std::string_view name, bool set) {
    put(name, [&] { encoder_.flag(name, set); });
  }
  template <int Count, typename Enum>
  void word(std::string_view name, Enum e) {
    put(name, [&] { encoder_.word<Count>(name, e); });
  }
  void few(std::string_view name, std::string_view text) {
    put(name, [&] { encoder_.few(name, text); });
  }
  void text(std::string_view name, std::string_view text) {
    put(name, [&] { encoder_.text(name, text); });
  }
  template <std::size_t Size>
  void fixed(std::string_view name, std::string_view text) {
    put(name, [&] { encoder_.fixed<Size>(name, text); });
  }
  void address(std::string_view name, const Address& a) {
    put(name, [&] { encoder_.address(name, a); });
  }

  std::vector<std::pair<std::string, std::size_t>> sizes;

 private:
  template <typename Put>
  void put(std::string_view name, const Put& encode) {
    const std::size_t before = row_.size();
    encode();
    sizes.emplace_back(name, row_.size() - before);
  }

  RowEncoder encoder_;
  RowBuffer& row_;
};

std::size_t size_of_type(const std::string& type) {
  if (type == "String" || type.starts_with("LowC")) return 0;  // varies
  if (type.starts_with("FixedString(")) return std::stoul(type.substr(12));
  if (type.starts_with("Enum8") || type.ends_with("Int8")) return 1;
  if (type == "Date" || type.ends_with("Int16")) return 2;
  return type.ends_with("Int32") ? 4 : 8;
}

TEST(StoreColumns, EachValueHasTheSizeOfItsType) {
  RowBuffer row;
  ColumnSizes sizes(row);
  const Event event = event_of(EventKind::Record);
  Annotations about;
  about.orig.name = "client.example.net";
  visit_columns(sizes, {"sensor", 7, 8}, event.connection, about);
  const auto columns = connection_columns();
  ASSERT_EQ(sizes.sizes.size(), columns.size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(sizes.sizes[i].first, columns[i].name);
    if (const std::size_t size = size_of_type(columns[i].type); size != 0) {
      EXPECT_EQ(sizes.sizes[i].second, size) << columns[i].name << " " << columns[i].type;
    }
    EXPECT_TRUE(names.insert(columns[i].name).second) << columns[i].name;
  }
}

TEST(StoreColumns, RowBinary) {
  RowBuffer out;
  RowEncoder encoder(out);
  encoder.number("", std::uint16_t{0x1234});
  encoder.number("", std::int64_t{-1});
  encoder.flag("", true);
  encoder.text("", std::string(200, 'x'));
  encoder.fixed<4>("", "ab");
  encoder.address("", *Address::parse("192.0.2.1"));
  encoder.texts("", std::vector<std::string>{"a", ""});
  encoder.numbers("", std::vector<std::uint16_t>{1, 2});
  const std::string expected = std::string("\x34\x12", 2) + std::string(8, '\xFF') + "\x01" +
                               "\xC8\x01" + std::string(200, 'x') + std::string("ab\0\0", 4) +
                               std::string(10, '\0') + "\xFF\xFF\xC0" + std::string("\0\2\1", 3) +
                               std::string("\2\1a\0", 4) + std::string("\2\1\0\2\0", 5);
  EXPECT_EQ(out.view(), expected);
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
