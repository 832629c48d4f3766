#include "report/timeline.h"

#include <gtest/gtest.h>

#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;

Timestamp noon_plus(Duration d) { return timestamp_from_ns(test::kNoon) + d; }

TimelineBucket sum_of(const Timeline& t) {
  TimelineBucket sum;
  for (const TimelineBucket& b : t.buckets) {
    sum.started += b.started;
    sum.failed += b.failed;
    sum.bytes += b.bytes;
  }
  return sum;
}

/// The number of connections in the bucket that covers `at`.
std::uint64_t started_at(const Timeline& t, Timestamp at) {
  return t.buckets.at(static_cast<std::size_t>((at - t.start) / t.width)).started;
}

TEST(Timeline, IsEmptyWithoutConnections) {
  EXPECT_TRUE(TimelineCounter{}.timeline().buckets.empty());
}

TEST(Timeline, CountsStartsFailuresAndBytes) {
  TimelineCounter counter;
  counter.add(noon_plus(0ms), false, 100);
  counter.add(noon_plus(0ms), true, 0);
  counter.add(noon_plus(1ms), false, 5);
  const Timeline t = counter.timeline();
  EXPECT_EQ(t.start, noon_plus(0ms));
  EXPECT_EQ(t.width, 1ms);
  ASSERT_EQ(t.buckets.size(), 2u);
  EXPECT_EQ(t.buckets[0].started, 2u);
  EXPECT_EQ(t.buckets[0].failed, 1u);
  EXPECT_EQ(t.buckets[0].bytes, 100u);
  EXPECT_EQ(t.buckets[1].started, 1u);
}

TEST(Timeline, WideningLosesNothing) {
  TimelineCounter counter;
  for (int i = 0; i < 3600; ++i) counter.add(noon_plus(i * 1s), i % 10 == 0, 7);
  const Timeline t = counter.timeline();
  EXPECT_LE(t.buckets.size(), TimelineCounter::kBuckets);
  EXPECT_GE(t.buckets.size(), TimelineCounter::kBuckets / 5);
  EXPECT_EQ(t.width, 1min);
  EXPECT_EQ(sum_of(t).started, 3600u);
  EXPECT_EQ(sum_of(t).failed, 360u);
  EXPECT_EQ(sum_of(t).bytes, 25'200u);
  for (const TimelineBucket& b : t.buckets) EXPECT_EQ(b.started, 60u);
}

TEST(Timeline, DoesNotDependOnTheOrder) {
  TimelineCounter forth;
  TimelineCounter back;
  for (int i = 0; i < 1000; ++i) {
    forth.add(noon_plus(i * 317ms), false, 1);
    back.add(noon_plus((999 - i) * 317ms), false, 1);
  }
  const Timeline a = forth.timeline();
  const Timeline b = back.timeline();
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.width, b.width);
  ASSERT_EQ(a.buckets.size(), b.buckets.size());
  for (std::size_t i = 0; i < a.buckets.size(); ++i) {
    EXPECT_EQ(a.buckets[i].started, b.buckets[i].started) << i;
  }
}

TEST(Timeline, CoversTheWholeRangeOfTime) {
  TimelineCounter counter;
  counter.add(Timestamp::max(), false, 1);
  counter.add(Timestamp::min(), false, 1);
  counter.add(noon_plus(0s), false, 1);
  counter.add(timestamp_from_ns(-1), false, 1);
  counter.add(timestamp_from_ns(0), false, 1);
  const Timeline t = counter.timeline();
  EXPECT_LE(t.buckets.size(), TimelineCounter::kBuckets);
  EXPECT_EQ(sum_of(t).started, 5u);
  EXPECT_EQ(t.buckets.front().started, 1u);
  EXPECT_EQ(t.buckets.back().started, 1u);
}

TEST(Timeline, CountsEachStartInItsBucket) {
  TimelineCounter counter;
  counter.add(noon_plus(0s), false, 0);
  counter.add(noon_plus(59s), false, 0);
  counter.add(noon_plus(-1ns), false, 0);
  const Timeline t = counter.timeline();
  EXPECT_EQ(started_at(t, noon_plus(0s)), 1u);
  EXPECT_EQ(started_at(t, noon_plus(59s)), 1u);
  EXPECT_EQ(started_at(t, noon_plus(-1ns)), 1u);
}

}  // namespace
}  // namespace synfin
