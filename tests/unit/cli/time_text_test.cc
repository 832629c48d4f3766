// Durations and points in time: the forms that are accepted, and the errors.
#include "synfin/cli/time_text.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseDuration, UnitsAndErrors) {
  EXPECT_EQ(parse_duration("30"), seconds(30));
  EXPECT_EQ(parse_duration("30s"), seconds(30));
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("4us"), std::chrono::microseconds(4));
  EXPECT_EQ(parse_duration("7ns"), std::chrono::nanoseconds(7));
  EXPECT_EQ(parse_duration("1.5h"), minutes(90));
  EXPECT_EQ(parse_duration("2d"), hours(48));
  EXPECT_EQ(parse_duration("2h15m"), minutes(135));
  EXPECT_EQ(parse_duration("1m0.5s"), milliseconds(60'500));
  for (const char* wrong :
       {"", "s", "-1s", "5 m", "5x", "nan", "1e30d", "1h30", "1h-1s", "5mm", "h5m"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(ParseTime, FormsAndErrors) {
  const Timestamp t = timestamp_from_ns(1'772'375'400'000'000'000);
  EXPECT_EQ(parse_time("1772375400", Zone::Utc), t);
  EXPECT_EQ(parse_time("2026-03-01T14:30:00Z", Zone::Local), t);
  EXPECT_EQ(parse_time("2026-03-01 14:30", Zone::Utc), t);
  EXPECT_EQ(parse_time("2026-03-01T16:30:00+02:00", Zone::Local), t);
  EXPECT_EQ(parse_time("2026-03-01T14:30:00.25Z", Zone::Local), t + milliseconds(250));
  EXPECT_EQ(parse_time("2026-03-01", Zone::Utc), t - minutes(870));
  for (const char* wrong :
       {"", "2026-13-01", "2026-03-01T25:00", "2026-03-01X", "14:30", "2026-03-01T14:30:00+2"}) {
    EXPECT_FALSE(parse_time(wrong, Zone::Utc)) << wrong;
  }
}

TEST(ParseTime, WhatATimestampCannotHoldSaturates) {
  const auto far = parse_time("9999-12-31T23:59:59.999999999-14:00", Zone::Utc);
  ASSERT_TRUE(far);
  EXPECT_GT(*far, *parse_time("2262-04-11T23:47:15Z", Zone::Utc));
  EXPECT_EQ(parse_time("6654-03-01", Zone::Utc), parse_time("7000-01-01", Zone::Utc));
  EXPECT_EQ(parse_time("1600-01-01", Zone::Utc), parse_time("1500-01-01", Zone::Utc));
  EXPECT_FALSE(parse_time("-9223372036854775808", Zone::Utc));
  EXPECT_FALSE(parse_time("9223372036854775807", Zone::Utc));
}

TEST(ParseTime, DatesThatDoNotExistAreErrors) {
  for (const char* wrong : {"2026-02-29", "2026-02-31", "2100-02-29", "2026-04-31", "2026-00-10",
                            "2026-01-00", "2026-01-32", "2026-02-30T12:00:00Z"}) {
    EXPECT_FALSE(parse_time(wrong, Zone::Utc)) << wrong;
    EXPECT_FALSE(parse_time(wrong, Zone::Local)) << wrong;
  }
  for (const char* right : {"2024-02-29", "2000-02-29", "2026-12-31"})
    EXPECT_TRUE(parse_time(right, Zone::Utc)) << right;
}

}  // namespace
}  // namespace synfin
