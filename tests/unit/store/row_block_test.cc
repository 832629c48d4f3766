// Blocks of rows: each column is laid out as ClickHouse's format Native describes it, a block grows
// and is used again, and texts that repeat are written once.
#include "store/row_block.h"

#include <gtest/gtest.h>

#include "store/block.h"
#include "store/tables.h"
#include "support/event_samples.h"

namespace synfin::test {
namespace {

std::string native(const RowBlock& block) {
  RowBuffer scratch, out;
  block.compress(scratch, out);
  return decompress_blocks(out.view()).value_or("damaged");
}

/// A number as eight bytes.
std::string eight(std::uint64_t n) { return {reinterpret_cast<const char*>(&n), sizeof n}; }

/// Every kind of column.
struct Sample {
  std::uint16_t number;
  std::string_view few, text;
  std::vector<std::string> texts;
};

template <typename Format>
void visit_columns(Format& f, const Sample& sample) {
  f.number("n", sample.number);
  f.flag("g", true);
  f.few("k", sample.few);
  f.text("t", sample.text);
  f.template hash<4>("f", "ab");
  f.address("a", *Address::parse("192.0.2.1"));
  f.texts("p", sample.texts);
  f.numbers("q", std::vector<std::uint16_t>{1, 2});
}

std::vector<StoreColumn> sample_columns() {
  ColumnTypes types;
  visit_columns(types, Sample{});
  return types.columns;
}

void add(RowBlock& block, const Sample& sample) {
  auto writer = block.add_row();
  visit_columns(writer, sample);
}

TEST(RowBlock, HasTheLayoutOfNative) {
  const auto columns = sample_columns();
  RowBlock block(columns);
  add(block, {0x1234, "", std::string_view("x\0", 2), {"a", ""}});
  add(block, {0x5678, "http", "", {}});
  add(block, {0x0000, "http", "y", {"b"}});
  const std::string address = std::string(10, '\0') + "\xFF\xFF\xC0" + std::string("\0\2\1", 3);
  const std::string few = eight(1) + eight(0x201) + eight(2) + std::string("\0\4http", 6) +
                          eight(3) + std::string("\0\0\1\0\1\0", 6);
  const std::string expected =
      std::string("\x08\x03") + "\1n\6UInt16" + std::string("\x34\x12\x78\x56\0\0", 6) +
      "\1g\5UInt8\1\1\1" + "\1k\x16LowCardinality(String)" + few + "\1t\6String" +
      std::string("\2x\0\0\1y", 6) + "\1f\016FixedString(4)" +
      std::string("ab\0\0ab\0\0ab\0\0", 12) + "\1a\017FixedString(16)" + address + address +
      address + "\1p\015Array(String)" + eight(2) + eight(2) + eight(3) +
      std::string("\1a\0\1b", 5) + "\1q\015Array(UInt16)" + eight(2) + eight(4) + eight(6) +
      std::string("\1\0\2\0\1\0\2\0\1\0\2\0", 12);
  EXPECT_EQ(native(block), expected);
}

TEST(RowBlock, GrowsAndIsUsedAgain) {
  const auto columns = sample_columns();
  RowBlock block(columns), second(columns);
  for (int i = 0; i < 1000; ++i)
    add(block, {static_cast<std::uint16_t>(i), i % 2 == 0 ? "even" : "odd", "text", {"p"}});
  EXPECT_EQ(block.rows(), 1000u);
  EXPECT_NEAR(static_cast<double>(block.bytes()), static_cast<double>(native(block).size()), 400);
  block.clear();
  add(block, {7, "other", "", {}});
  add(second, {7, "other", "", {}});
  EXPECT_EQ(native(block), native(second));
}

TEST(RowBlock, KeepsAValueThatAllRowsHaveOnce) {
  const std::string_view head = "\1n\6UInt16";
  const auto numbers = [&](const RowBlock& block) {
    const std::string all = native(block);
    return all.substr(all.find(head) + head.size(), 2 * block.rows());
  };
  const auto copies = [](int count, std::string_view of) {
    std::string all;
    for (int i = 0; i < count; ++i) all += of;
    return all;
  };
  const auto columns = sample_columns();
  RowBlock block(columns);
  for (int i = 0; i < 40'000; ++i) add(block, {0x0107, "", "", {}});
  EXPECT_EQ(numbers(block), copies(40'000, "\x07\1"));
  add(block, {0x0108, "", "", {}});
  EXPECT_EQ(numbers(block), copies(40'000, "\x07\1") + "\x08\1");
  block.clear();
  for (int i = 0; i < 3; ++i) add(block, {0x0109, "", "", {}});
  EXPECT_EQ(numbers(block), copies(3, "\x09\1"));
}

TEST(RowBlock, LongTextsHaveLongLengths) {
  RowBuffer out;
  append_text(out, std::string(200, 'x'));
  append_size(out, 1 << 14);
  EXPECT_EQ(out.view(), "\xC8\1" + std::string(200, 'x') + std::string("\x80\x80\1", 3));
}

TEST(RowBlock, IsFullBeforeTheNumbersOfTextsEnd) {
  const auto columns = sample_columns();
  RowBlock block(columns);
  std::size_t rows = 0;
  for (; !block.full(); ++rows) {
    const std::string text = std::to_string(rows);
    add(block, {0, text, "", {}});
  }
  EXPECT_EQ(rows, DistinctTexts::kMax - 1);
  EXPECT_FALSE(native(block).empty());
  block.clear();
  EXPECT_FALSE(block.full());
}

TEST(DistinctTexts, NumbersEachOnce) {
  DistinctTexts texts;
  EXPECT_EQ(texts.number_of(""), 0);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5000; ++i)
      ASSERT_EQ(texts.number_of("text " + std::to_string(i)), i + 1) << round;
  }
  EXPECT_EQ(texts.size(), 5001u);
  texts.clear();
  EXPECT_EQ(texts.number_of("text 9"), 1);
  EXPECT_EQ(texts.view(), std::string("\0\6text 9", 8));
}

TEST(RowBlock, ARecordFillsEachColumnOfConnections) {
  const auto columns = connection_columns();
  RowBlock block(columns);
  const Event event = event_of(EventKind::Record);
  Annotations about;
  about.orig.name = "client.example.net";
  auto writer = block.add_row();
  visit_columns(writer, {"sensor", 7, 8}, event.connection, about);
  const std::string bytes = native(block);
  for (const std::string text : {"\6sensor", "\022client.example.net", "\014orig_cmdline\6String"})
    EXPECT_NE(bytes.find(text), bytes.npos) << text;
  EXPECT_TRUE(bytes.ends_with(std::string("resp_cmdline\6String\0", 20)));
}

}  // namespace
}  // namespace synfin::test
