// Handshake times: the even sample, windows, and shifts that noise does not make.
#include "report/handshakes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "records.h"

namespace synfin::test {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kBegin = timestamp_from_ns(kNoon);

Endpoint service(std::uint8_t host) { return {Address::from_v4(0xC6336400u | host), 443}; }

Duration ms(double n) { return Duration{static_cast<std::int64_t>(n * 1e6)}; }

TEST(EvenSample, StaysEvenBeyondItsBound) {
  EvenSample<int, 256> sample;
  for (int i = 0; i < 5000; ++i) sample.add(i);
  EXPECT_EQ(sample.stride(), 32u);
  ASSERT_EQ(sample.values().size(), 5000u / 32 + 1);
  for (std::size_t i = 0; i < sample.values().size(); ++i)
    EXPECT_EQ(sample.values()[i], static_cast<int>(i) * 32);
}

TEST(Handshakes, CountTheSynAcksThatNoAckAnsweredAsServicesDo) {
  ServiceProfile profile;
  profile.add(RecordSpec{.outcome = Outcome::HalfOpen, .rtt = ms(50)}.record());
  profile.add(RecordSpec{.rtt = ms(10)}.record());
  EXPECT_EQ(profile.connections, 1u);
  EXPECT_EQ(profile.series.values().size(), 2u);
}

TEST(Handshakes, PercentilesOfServicesNetworksAndWindows) {
  ServiceProfile a;
  ServiceProfile b;
  for (int i = 0; i < 100; ++i) a.series.add({kBegin + seconds{i}, ms(i + 1)});
  b.series.add({kBegin, ms(500)});
  a.connections = 100;
  a.syn_retries = 7;
  b.connections = 1;
  const ProfiledService services[] = {{service(1), &a}, {service(2), &b}};
  const Handshakes h = describe_handshakes(services, 0);
  EXPECT_EQ(h.window, seconds{10});
  ASSERT_EQ(h.services.size(), 2u);
  const HandshakeRow& row = h.services[0];
  EXPECT_EQ(row.service, service(1));
  EXPECT_EQ(row.p50, ms(50));
  EXPECT_EQ(row.p90, ms(90));
  EXPECT_EQ(row.p99, ms(99));
  ASSERT_EQ(row.windows.size(), 10u);
  EXPECT_EQ(row.windows[1].start, kBegin + seconds{10});
  EXPECT_EQ(row.windows[1].samples, 10u);
  EXPECT_EQ(row.windows[1].p50, ms(15));
  ASSERT_EQ(h.networks.size(), 1u);
  EXPECT_EQ(h.networks[0].network, "198.51.100.0/24");
  EXPECT_EQ(h.networks[0].samples, 101u);
  EXPECT_EQ(h.networks[0].syn_retries, 7u);
  EXPECT_EQ(h.networks[0].p99, ms(100));
}

/// Times around 20 ms with the scatter of a real path, and `more` from sample `step` on.
std::vector<HandshakeSample> samples(std::uint64_t seed, std::size_t n, std::size_t step,
                                     double more, double memory = 0) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, 0.4);
  std::bernoulli_distribution spike(0.05);
  std::vector<HandshakeSample> all;
  double state = 0;
  for (std::size_t i = 0; i < n; ++i) {
    state = memory * state + std::sqrt(1 - memory * memory) * normal(random);
    const double base = 20 * std::exp(state) + (spike(random) ? 200 : 0);
    all.push_back({kBegin + seconds{i}, ms(base + (i < step ? 0 : more))});
  }
  return all;
}

TEST(Shifts, AServiceThatBecomesSlowerIsReportedWithTheMoment) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto shift = find_shift(samples(seed, 200, 120, 50), 100);
    ASSERT_TRUE(shift) << seed;
    EXPECT_NEAR(static_cast<double>((shift->at - kBegin).count()) / 1e9, 120, 4);
    EXPECT_NEAR(static_cast<double>((shift->after - shift->before).count()) / 1e6, 50, 10);
  }
}

TEST(Shifts, ASmallOrAnUncertainChangeIsNotReported) {
  EXPECT_FALSE(find_shift(samples(1, 200, 100, 1), 100));
  EXPECT_FALSE(find_shift(samples(1, 30, 15, 50), 100)) << "too few samples";
  EXPECT_FALSE(find_shift(samples(1, 200, 195, 50), 100)) << "too few samples after it";
}

/// Many seeds, independent noise and noise whose values are near those before them.
TEST(Shifts, NoiseIsNeverAShift) {
  for (const double memory : {0.0, 0.5, 0.7}) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed)
      ASSERT_FALSE(find_shift(samples(seed, 250, 250, 0, memory), 1)) << memory << " " << seed;
  }
}

}  // namespace
}  // namespace synfin::test
