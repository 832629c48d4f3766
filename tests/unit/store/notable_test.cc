// Each of the longest and the largest connections of a day is notable, and few others are.
#include "store/notable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace synfin::test {
namespace {

constexpr std::uint16_t kDay = 20'000;

ConnectionRecord record_of(std::int64_t begin, std::int64_t lasted, std::uint64_t bytes) {
  ConnectionRecord r;
  r.first = timestamp_from_ns(begin);
  r.last = timestamp_from_ns(begin + lasted);
  r.resp.bytes = bytes;
  r.outcome = Outcome::Closed;
  return r;
}

TEST(NotableConnections, ContainTheLongestAndTheLargestOfADay) {
  NotableConnections notable;
  std::mt19937_64 random(1);
  std::vector<std::int64_t> all, chosen;
  for (int i = 0; i < 100'000; ++i) {
    const auto lasted = static_cast<std::int64_t>(random() % 1'000'000'000) + 1;
    all.push_back(lasted);
    if (notable.add(kDay, record_of(i, lasted, 0))) chosen.push_back(lasted);
  }
  std::sort(all.rbegin(), all.rend());
  std::sort(chosen.rbegin(), chosen.rend());
  ASSERT_GE(chosen.size(), NotableConnections::kMaxRank);
  EXPECT_TRUE(std::equal(all.begin(), all.begin() + NotableConnections::kMaxRank, chosen.begin()));
  EXPECT_LT(chosen.size(), 6200u);  // 1000 × (1 + ln 100) = 5605
}

TEST(NotableConnections, ALaterEqualOneRanksLower) {
  NotableConnections notable;
  std::size_t chosen = 0;
  for (int i = 0; i < 5000; ++i) chosen += notable.add(kDay, record_of(i, 0, 4096)) ? 1 : 0;
  EXPECT_EQ(chosen, NotableConnections::kMaxRank);
  EXPECT_TRUE(notable.add(kDay, record_of(-1, 0, 4096)));
  EXPECT_TRUE(notable.add(kDay, record_of(6000, 0, 4097)));
}

TEST(NotableConnections, EachDayHasItsOwn) {
  NotableConnections notable;
  for (int i = 0; i < 1000; ++i) notable.add(kDay, record_of(i, 0, 4096));
  EXPECT_FALSE(notable.add(kDay, record_of(1000, 0, 1)));
  EXPECT_TRUE(notable.add(kDay + 1, record_of(1000, 0, 1)));
  EXPECT_FALSE(notable.add(kDay, record_of(1001, 0, 1)));
  // The day that was used least recently is forgotten, which costs rows but loses none.
  for (std::uint16_t day = 1; day <= NotableConnections::kMaxDays; ++day)
    EXPECT_TRUE(notable.add(kDay + day, record_of(0, 0, 1)));
  EXPECT_TRUE(notable.add(kDay, record_of(1002, 0, 1)));
}

TEST(NotableConnections, AreNeitherFailedNorEmpty) {
  NotableConnections notable;
  ConnectionRecord failed = record_of(0, 1000, 1000);
  failed.outcome = Outcome::Refused;
  EXPECT_FALSE(notable.add(kDay, failed));
  EXPECT_FALSE(notable.add(kDay, record_of(0, 0, 0)));
  EXPECT_TRUE(notable.add(kDay, record_of(0, 1, 0)));
}

}  // namespace
}  // namespace synfin::test
