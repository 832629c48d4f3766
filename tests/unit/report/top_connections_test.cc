#include "report/top_connections.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "synfin/base/mix.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

ConnectionRecord sized(std::uint64_t bytes, std::uint16_t orig_port) {
  return test::RecordSpec{.sent = bytes, .orig_port = orig_port}.record();
}

TEST(TopConnections, KeepsTheLargestInOrder) {
  TopConnections top(10);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t value = mix64(i + 1, 0x9E3779B97F4A7C15) % 100'000;
    top.add(value, sized(value, static_cast<std::uint16_t>(i)));
  }
  std::vector<std::uint64_t> truth;
  for (std::uint64_t i = 0; i < 1000; ++i)
    truth.push_back(mix64(i + 1, 0x9E3779B97F4A7C15) % 100'000);
  std::sort(truth.rbegin(), truth.rend());
  const auto ranked = top.ranked(0);
  EXPECT_EQ(ranked.of, 1000u);
  ASSERT_EQ(ranked.rows.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(ranked.rows[i].orig_bytes, truth[i]);
  EXPECT_EQ(top.ranked(3).rows.size(), 3u);
}

TEST(TopConnections, BreaksTiesByStartThenTuple) {
  TopConnections forth(5);
  TopConnections back(5);
  for (std::uint16_t i = 0; i < 100; ++i) {
    forth.add(7, sized(7, i));
    back.add(7, sized(7, static_cast<std::uint16_t>(99 - i)));
  }
  const auto a = forth.ranked(0).rows;
  const auto b = back.ranked(0).rows;
  ASSERT_EQ(a.size(), 5u);
  for (std::uint16_t i = 0; i < 5; ++i) {
    EXPECT_EQ(a[i].tuple.orig.port, i);
    EXPECT_EQ(b[i].tuple.orig.port, i);
  }
}

}  // namespace
}  // namespace synfin
