#include "path/byte_counts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace synfin {
namespace {

TEST(ByteCounts, DivideWhereASegmentBeginsOrEnds) {
  const std::vector<ByteRange> ranges{
      {0, 3000, false, true}, {0, 1000, true, true}, {2000, 3000, true, false}};
  const auto counts = count_bytes(ranges);
  ASSERT_EQ(counts.size(), 3u);
  EXPECT_TRUE(counts[0].once());
  EXPECT_EQ(counts[1].begin, 1000);
  EXPECT_EQ(counts[1].end, 2000);
  EXPECT_EQ(counts[1].sent, 1u);
  EXPECT_EQ(counts[1].arrived, 0u);
  EXPECT_EQ(counts[2].judged_sent, 1u);
  EXPECT_EQ(counts[2].judged_arrived, 0u);
  EXPECT_EQ(find_byte(counts, 1999), &counts[1]);
  EXPECT_EQ(find_byte(counts, 3000), nullptr);
  EXPECT_EQ(find_byte(counts, -1), nullptr);
}

TEST(ByteCounts, EqualACountOfEachByte) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<ByteRange> ranges;
    std::map<std::int64_t, std::array<std::uint32_t, 2>> bytes;
    for (int i = 0; i < 12; ++i) {
      const auto begin = static_cast<std::int64_t>(random() % 40) - 5;
      const auto end = begin + static_cast<std::int64_t>(random() % 9);
      const bool at_target = random() % 2 == 0;
      ranges.push_back({begin, end, at_target, false});
      for (std::int64_t b = begin; b < end; ++b) ++bytes[b][at_target ? 1 : 0];
    }
    const auto counts = count_bytes(ranges);
    for (std::int64_t b = -10; b < 50; ++b) {
      const ByteCount* found = find_byte(counts, b);
      const auto expected = bytes.find(b);
      ASSERT_EQ(found != nullptr, expected != bytes.end()) << b;
      if (found == nullptr) continue;
      EXPECT_EQ(found->sent, expected->second[0]);
      EXPECT_EQ(found->arrived, expected->second[1]);
    }
  }
}

}  // namespace
}  // namespace synfin
