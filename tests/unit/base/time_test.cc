/// \file
/// Tests of src/base/time.cc.
#include "synfin/base/time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace synfin {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Time, EpochHasSixDecimals) {
  EXPECT_EQ(format_epoch(timestamp_from_ns(1300475168 * kSecond + 855330000)), "1300475168.855330");
  EXPECT_EQ(format_epoch(timestamp_from_ns(0)), "0.000000");
  EXPECT_EQ(format_epoch(timestamp_from_ns(5 * kSecond + 1000)), "5.000001");
}

TEST(Time, EpochHasNineDecimalsOnlyWhereNeeded) {
  EXPECT_EQ(format_epoch(timestamp_from_ns(1300475168 * kSecond + 855330001)),
            "1300475168.855330001");
  EXPECT_EQ(format_epoch(timestamp_from_ns(1)), "0.000000001");
}

TEST(Time, BeforeTheEpochCountsAwayFromZero) {
  EXPECT_EQ(format_epoch(timestamp_from_ns(-kSecond / 2)), "-0.500000");
  EXPECT_EQ(format_epoch(timestamp_from_ns(-1)), "-0.000000001");
  EXPECT_EQ(format_epoch(Timestamp::min()), "-9223372036.854775808");
  EXPECT_EQ(format_epoch(Timestamp::max()), "9223372036.854775807");
}

TEST(Time, Seconds) {
  EXPECT_EQ(format_seconds(219720us), "0.219720");
  EXPECT_EQ(format_seconds(-1500ms), "-1.500000");
  EXPECT_EQ(format_seconds(3h + 1ns), "10800.000000001");
}

TEST(Time, WallClockInUtc) {
  const Timestamp t = timestamp_from_ns(1772375416 * kSecond + 123456789);
  EXPECT_EQ(format_date(t, Zone::Utc), "2026-03-01");
  EXPECT_EQ(format_time_of_day(t, Zone::Utc), "14:30:16.123456");
  EXPECT_EQ(format_rfc3339(t), "2026-03-01T14:30:16.123456Z");
}

TEST(Time, WallClockBeforeTheEpochRoundsDown) {
  const Timestamp t = timestamp_from_ns(-1);
  EXPECT_EQ(format_rfc3339(t), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_rfc3339(Timestamp::min()).substr(0, 4), "1677");
}

/// Sets TZ for one test and restores its previous value.
class LocalZone : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* zone = std::getenv("TZ")) before_ = zone;
    setenv("TZ", "XST-05:30", 1);
    tzset();
  }
  void TearDown() override {
    before_.empty() ? unsetenv("TZ") : setenv("TZ", before_.c_str(), 1);
    tzset();
  }
  std::string before_;
};

TEST_F(LocalZone, WallClockFollowsTheZone) {
  const Timestamp t = timestamp_from_ns(1772395200 * kSecond);  // 20:00 in UTC
  EXPECT_EQ(format_date(t, Zone::Local), "2026-03-02");
  EXPECT_EQ(format_time_of_day(t, Zone::Local), "01:30:00.000000");
  EXPECT_EQ(format_rfc3339(t), "2026-03-01T20:00:00.000000Z");
}

TEST_F(LocalZone, MomentsHaveTheZone) {
  const Timestamp t = timestamp_from_ns(1772395200 * kSecond);  // 20:00 in UTC
  EXPECT_EQ(format_moment(t, Zone::Local), "2026-03-02 01:30:00 +05:30");
  EXPECT_EQ(format_moment(t, Zone::Utc), "2026-03-01 20:00:00 UTC");
  setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
  tzset();
  EXPECT_EQ(format_zone(timestamp_from_ns(1793512799 * kSecond), Zone::Local), "-04:00");
  EXPECT_EQ(format_zone(timestamp_from_ns(1793512800 * kSecond), Zone::Local), "-05:00");
  setenv("TZ", "NST3:30", 1);
  tzset();
  EXPECT_EQ(format_zone(t, Zone::Local), "-03:30");
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(format_zone(t, Zone::Local), "UTC");
}

TEST(Time, HumanSpans) {
  struct Case {
    Duration span;
    const char* text;
  };
  const Case cases[] = {
      {0ns, "0 s"},          {1ns, "1 ns"},         {999ns, "999 ns"},   {1us, "1 us"},
      {87us, "87 us"},       {1240us, "1.24 ms"},   {1245us, "1.25 ms"}, {12'340us, "12.3 ms"},
      {123'456us, "123 ms"}, {999'600ns, "1 ms"},   {999'600us, "1 s"},  {5300ms, "5.3 s"},
      {59'940ms, "59.9 s"},  {59'960ms, "1m00s"},   {134s, "2m14s"},     {3599'600ms, "1h00m"},
      {67min, "1h07m"},      {24h, "1d00h"},        {76h, "3d04h"},      {24h * 99, "99d00h"},
      {24h * 365, "365d"},   {-1240us, "-1.24 ms"}, {-134s, "-2m14s"},
  };
  for (const Case& c : cases) EXPECT_EQ(format_human(c.span), c.text) << c.span.count();
}

TEST(Time, HumanSpansOfAnySizeAreShort) {
  for (std::int64_t ns = 1; ns > 0; ns = ns < INT64_MAX / 3 ? ns * 3 - 1 + (ns == 1) : -1) {
    EXPECT_LE(format_human(Duration{ns}).size(), 9u) << ns;
  }
  EXPECT_FALSE(format_human(Duration::min()).empty());
}

TEST(Time, SaturatingAdd) {
  EXPECT_EQ(saturating_add(timestamp_from_ns(5), 7ns), timestamp_from_ns(12));
  EXPECT_EQ(saturating_add(Timestamp::max(), 1ns), Timestamp::max());
  EXPECT_EQ(saturating_add(Timestamp::min(), -1ns), Timestamp::min());
  EXPECT_EQ(saturating_add(Timestamp::max(), -1ns), timestamp_from_ns(INT64_MAX - 1));
}

TEST(Time, DifferencesAndSumsSaturate) {
  EXPECT_EQ(saturating_sub(timestamp_from_ns(5), timestamp_from_ns(7)), Duration{-2});
  EXPECT_EQ(saturating_sub(Timestamp::max(), Timestamp::min()), Duration::max());
  EXPECT_EQ(saturating_sub(Timestamp::min(), Timestamp::max()), Duration::min());
  EXPECT_EQ(saturating_add(Duration::max(), Duration{1}), Duration::max());
  EXPECT_EQ(saturating_add(Duration::min(), Duration{-1}), Duration::min());
  EXPECT_EQ(saturating_add(Duration{2}, Duration{-3}), Duration{-1});
}

}  // namespace
}  // namespace synfin
