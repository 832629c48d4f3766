// Idle timers that chance does not explain, and clients that use up their ports.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "records.h"
#include "report/hangup_counter.h"

namespace synfin::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kStart = timestamp_from_ns(kNoon);

Endpoint https_of(unsigned host) { return {Address::from_v4(0xC6336400u | host), 443}; }

Duration exactly(double s) { return Duration{static_cast<std::int64_t>(s * 1e9)}; }

/// Resets of 20 services after silences of several distributions, without a timer.
std::vector<IdleReset> noise(std::uint64_t seed, std::size_t n) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> when(0, 7200);
  std::uniform_real_distribution<double> even(5, 900);
  std::exponential_distribution<double> short_ones(1.0 / 40);
  std::lognormal_distribution<double> humps(4, 0.6);
  std::vector<IdleReset> all;
  for (std::size_t i = 0; i < n; ++i) {
    const double s = seed % 3 == 0   ? even(random)
                     : seed % 3 == 1 ? 5 + short_ones(random)
                                     : 5 + humps(random);
    all.push_back({https_of(static_cast<unsigned>(random() % 20)), kStart + exactly(when(random)),
                   exactly(s), random() % 2 == 0});
  }
  return all;
}

void add_timer(std::vector<IdleReset>& resets, unsigned host, double value, double spread, int n) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> off(-spread, spread);
  for (int i = 0; i < n; ++i)
    resets.push_back(
        {https_of(host), kStart + seconds{i * 60}, exactly(value + off(random)), false});
}

TEST(IdleTimers, ACommonSilenceOfOneServiceIsFoundWithItsValue) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::vector<IdleReset> resets = noise(seed, 1000);
    add_timer(resets, 99, 300, 0.5, 60);
    const std::vector<IdleTimerRow> rows = find_idle_timers(resets);
    ASSERT_EQ(rows.size(), 1u) << seed;
    EXPECT_EQ(rows[0].service, https_of(99));
    EXPECT_NEAR(static_cast<double>(rows[0].value.count()) / 1e9, 300, 0.5);
    EXPECT_LE(rows[0].spread, milliseconds{500});
    EXPECT_GE(rows[0].resets, 55u);
  }
}

TEST(IdleTimers, OneNearTheClientsResetsConnectionsToManyServices) {
  std::vector<IdleReset> resets = noise(3, 300);
  for (unsigned host = 100; host < 160; ++host) {
    std::vector<IdleReset> one;
    add_timer(one, host, 300, 0.5, 1);
    one[0].at += minutes{host};
    resets.push_back(one[0]);
  }
  const std::vector<IdleTimerRow> rows = find_idle_timers(resets);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_FALSE(rows[0].service);
  EXPECT_NEAR(static_cast<double>(rows[0].value.count()) / 1e9, 300, 1);
}

TEST(IdleTimers, ChanceIsNeverATimer) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed)
    ASSERT_TRUE(find_idle_timers(noise(seed, 50 + seed * 7)).empty()) << seed;
}

/// A restart resets connections at one moment, of which many may have been opened together.
TEST(IdleTimers, AMomentIsNotATimer) {
  std::vector<IdleReset> resets = noise(1, 100);
  for (int i = 0; i < 200; ++i)
    resets.push_back(
        {https_of(5), kStart + milliseconds{i}, seconds{300} + milliseconds{i}, false});
  EXPECT_TRUE(find_idle_timers(resets).empty());
}

/// A connection `after` noon from 192.0.2.1, of which each has another port.
ConnectionRecord connection(Duration after, bool reused = false) {
  static std::uint16_t port = 1024;
  ConnectionRecord r = RecordSpec{.after = after, .orig_port = port++}.record();
  r.reused = reused;
  return r;
}

TEST(PortPressure, AClientWithThousandsOfConnectionsPerMinuteIsReported) {
  HangupCounter counter;
  for (int i = 0; i < 6000; ++i) counter.add(connection(milliseconds{i * 10}), 77);
  // Hashes of real edges differ in more than the bits that a port has.
  for (int i = 0; i < 900; ++i) counter.add(connection(minutes{2}), std::uint64_t{78} << 32);
  const Hangups h = counter.hangups();
  ASSERT_EQ(h.pressure.size(), 1u);
  EXPECT_EQ(h.pressure[0].orig, address("192.0.2.1"));
  EXPECT_EQ(h.pressure[0].connections, 6000u);
  EXPECT_EQ(h.pressure[0].minute, kStart);
  EXPECT_FALSE(h.pressure[0].exhausted);
}

TEST(PortPressure, APortThatIsUsedAgainTooEarlyIsReported) {
  HangupCounter counter;
  counter.add(connection({}, true), 77);
  const Hangups h = counter.hangups();
  ASSERT_EQ(h.pressure.size(), 1u);
  EXPECT_EQ(h.pressure[0].reused, 1u);
}

TEST(PortPressure, PortsInTimeWaitAreReportedIfTheyAreSeveral) {
  const auto rows = [](Duration pause, int times, Outcome outcome = Outcome::Closed) {
    HangupCounter counter;
    for (int i = 0; i < times; ++i) {
      ConnectionRecord r = RecordSpec{.outcome = outcome, .after = pause * i}.record();
      counter.add(r, 77);
    }
    return counter.hangups().pressure;
  };
  EXPECT_TRUE(rows(seconds{20}, 5).empty()) << "NAT does that now and then";
  ASSERT_EQ(rows(seconds{20}, 6).size(), 1u);
  EXPECT_EQ(rows(seconds{20}, 6)[0].in_time_wait, 5u);
  EXPECT_TRUE(rows(seconds{70}, 20).empty()) << "TIME-WAIT is over";
  EXPECT_TRUE(rows(seconds{20}, 20, Outcome::Reset).empty()) << "an RST leaves no TIME-WAIT";
}

TEST(IdleTimers, WithoutDataOnThePacketsASilenceIsUnknown) {
  HangupCounter counter;
  ConnectionRecord r = RecordSpec{.outcome = Outcome::Reset}.record();
  r.bytes_basis = BytesBasis::Rst;
  counter.add(r, 1);
  r.bytes_basis = BytesBasis::Seen;
  counter.add(r, 1);
  r.idle = seconds{9};
  counter.add(r, 1);
  EXPECT_EQ(counter.hangups().idle_unknown, 1u);
  EXPECT_EQ(counter.hangups().idle_resets, 1u);
}

}  // namespace
}  // namespace synfin::test
