// FrequentAddresses: shares of time, growing units, records out of order, the bound, the file.
#include "synfin/report/frequent_addresses.h"

#include <gtest/gtest.h>

#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
const Timestamp kBegin = timestamp_from_ns(test::kNoon);
Address host(std::uint32_t n) { return test::numbered(n); }

TEST(FrequentAddresses, TheShareOfTheTime) {
  FrequentAddresses all(100);
  all.add(host(1), kBegin, kBegin + 100s);
  all.add(host(2), kBegin + 10s, kBegin + 60s);
  all.add(host(2), kBegin + 20s, kBegin + 30s);  // a second connection at the same time
  all.add(host(3), kBegin, kBegin + 1s);
  const auto half = all.at_least(50);
  ASSERT_EQ(half.size(), 2u);
  EXPECT_EQ(half[0].address, host(1));
  EXPECT_NEAR(half[0].percent, 100, 0.01);
  EXPECT_EQ(half[1].address, host(2));
  EXPECT_NEAR(half[1].percent, 50, 0.01);
  EXPECT_EQ(all.at_least(1).size(), 3u);
  EXPECT_EQ(all.at_least(100).size(), 1u);
}

TEST(FrequentAddresses, IdleTimeCounts) {
  FrequentAddresses all(100);
  all.add(host(1), kBegin, kBegin + 10s);
  all.extend_to(kBegin + 100s);
  ASSERT_EQ(all.at_least(5).size(), 1u);
  EXPECT_NEAR(all.at_least(5)[0].percent, 10, 0.01);
}

TEST(FrequentAddresses, LongTimesInAnyOrder) {
  for (const bool backwards : {false, true}) {
    FrequentAddresses all(100);
    for (int i = 0; i < 100; ++i) {
      const int hour = backwards ? 99 - i : i;
      const Timestamp begin = kBegin + std::chrono::hours{hour};
      all.add(host(1), begin, begin + 1h - 1s);
      if (hour % 4 == 0) all.add(host(2), begin, begin + 1h - 1s);
    }
    const auto rows = all.at_least(1);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_NEAR(rows[0].percent, 100, 0.1);
    EXPECT_NEAR(rows[1].percent, 25, 0.5);
  }
}

TEST(FrequentAddresses, ShortConnectionsCountWithTheirTime) {
  FrequentAddresses all(100);
  for (int i = 0; i < 100; ++i)
    all.add(host(1), kBegin + std::chrono::seconds{i}, kBegin + std::chrono::seconds{i} + 10ms);
  all.extend_to(kBegin + 100s);
  ASSERT_EQ(all.at_least(0.5).size(), 1u);
  EXPECT_NEAR(all.at_least(0.5)[0].percent, 1, 0.01);
  // A connection that began before all of these and ends last.
  all.add(host(1), kBegin, kBegin + 100s);
  EXPECT_NEAR(all.at_least(50)[0].percent, 100, 0.01);
}

TEST(FrequentAddresses, NoSumExceedsTheTime) {
  FrequentAddresses all(100);
  for (int i = 0; i < 500; ++i) {
    const int at = i * 7919 % 1000;
    all.add(host(1), kBegin + std::chrono::seconds{at}, kBegin + std::chrono::seconds{at + 3});
  }
  EXPECT_LE(all.at_least(0)[0].percent, 100);
}

TEST(FrequentAddresses, IsBounded) {
  FrequentAddresses all(10);
  for (std::uint32_t i = 0; i < 1000; ++i) all.add(host(i), kBegin, kBegin + 1s);
  EXPECT_EQ(all.at_least(0).size(), 10u);
  EXPECT_EQ(all.ignored(), 990u);
}

TEST(FrequentAddresses, TheFileIsAFilterFile) {
  EXPECT_EQ(frequent_addresses_text({{host(1), 83.25}}, 80),
            "# Addresses connected at least 80 % of the time, by synfin\n198.18.0.1  # 83.2 %\n");
  EXPECT_TRUE(FrequentAddresses(1).at_least(0).empty());
}

}  // namespace
}  // namespace synfin
