#include "capture/time_check.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/capture/savefile_builder.h"

namespace synfin {
namespace {

using namespace test;

constexpr std::int64_t kNow = 1'790'000'000;

/// The seconds of packets after a check in batches of `batch`.
std::vector<std::int64_t> corrected(const std::vector<std::int64_t>& seconds, std::size_t batch,
                                    std::string* damage = nullptr) {
  std::string file = pcap_header();
  for (const std::int64_t s : seconds) file += pcap_record(static_cast<std::uint32_t>(s), 0, "x");
  const ReadOutcome read = read_bytes(file, {}, batch);
  if (damage != nullptr) *damage = read.damage;
  std::vector<std::int64_t> out;
  for (const Seen& packet : read.packets) out.push_back(packet.ns / 1'000'000'000);
  return out;
}

void expect(const std::vector<std::int64_t>& seconds, const std::vector<std::int64_t>& expected) {
  for (const std::size_t batch : {1, 2, 3, 64})
    EXPECT_EQ(corrected(seconds, batch), expected) << "batches of " << batch;
}

TEST(TimeCheck, ReplacesASingleAbsurdTime) {
  for (const std::int64_t absurd :
       {std::int64_t{0}, std::int64_t{1510}, std::int64_t{4'200'000'000}}) {
    expect({kNow, kNow + 1, absurd, kNow + 3}, {kNow, kNow + 1, kNow + 1, kNow + 3});
    expect({absurd, kNow + 1, kNow + 2}, {kNow + 1, kNow + 1, kNow + 2});
    expect({kNow, absurd}, {kNow, kNow});
  }
}

TEST(TimeCheck, ReportsTheFirstOne) {
  std::string damage;
  corrected({kNow, 1510, kNow}, 16, &damage);
  EXPECT_EQ(damage,
            "x.pcap: a packet has the time 1970-01-01T00:25:10.000000Z, decades away from its "
            "neighbours; such times are replaced by that of the packet before");
  corrected({kNow, kNow + 5, kNow - 5}, 16, &damage);
  EXPECT_EQ(damage, "");
}

TEST(TimeCheck, KeepsStepsOfYears) {
  constexpr std::int64_t kTenYears = 315'000'000;
  expect({kNow, kNow + kTenYears, kNow + 1}, {kNow, kNow + kTenYears, kNow + 1});
}

TEST(TimeCheck, KeepsTheTimesOfAClockThatIsNeverSet) {
  expect({0, 1, 2, 3}, {0, 1, 2, 3});
  std::string damage;
  corrected({0, 1, 2, 3}, 16, &damage);
  EXPECT_EQ(damage, "");
}

TEST(TimeCheck, AcceptsAClockThatIsSet) { expect({5, 6, kNow, kNow + 1}, {5, 6, kNow, kNow + 1}); }

TEST(TimeCheck, AcceptsANewTimeThatPersists) {
  constexpr std::int64_t kLater = kNow + 1'000'000'000;
  std::vector<std::int64_t> seconds{kNow}, expected{kNow};
  for (int i = 1; i <= 2 * TimeCheck::kMinPersistent; ++i) {
    seconds.push_back(kLater + i);
    expected.push_back(i < TimeCheck::kMinPersistent ? kNow : kLater + i);
  }
  expect(seconds, expected);
}

TEST(TimeCheck, BoundsTimesSoThatDifferencesDoNotOverflow) {
  Packet packets[] = {{.time = Timestamp::min()}, {.time = Timestamp::max()}};
  TimeCheck check;
  ASSERT_TRUE(check.needs_next(packets[0].time));
  check.correct_first(packets[0], packets[1].time);
  check.correct(packets);
  EXPECT_LT(to_ns(packets[1].time) / 2 - to_ns(packets[0].time) / 2, INT64_MAX / 2);
}

TEST(TimeCheck, TimesDoNotDriftToTheEndsOf64Bits) {
  constexpr std::int64_t kTenYears = 315'000'000LL * 1'000'000'000;
  for (const std::int64_t direction : {1, -1}) {
    TimeCheck check;
    Packet packet;
    std::int64_t latest = kNow * 1'000'000'000;
    for (int i = 0; i < 60; ++i) {
      packet.time = timestamp_from_ns(latest);
      check.correct({&packet, 1});
      if (__builtin_add_overflow(latest, direction * kTenYears, &latest))
        latest = direction > 0 ? INT64_MAX : INT64_MIN;
    }
    const std::string date = format_rfc3339(packet.time);
    EXPECT_EQ(date.substr(0, 4), direction > 0 ? "2200" : "1910") << date;
  }
}

}  // namespace
}  // namespace synfin
