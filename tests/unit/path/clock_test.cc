#include "path/clock.h"

#include <gtest/gtest.h>

#include <random>

#include "support/path_simulator.h"

namespace synfin {
namespace {

Duration seconds(double s) { return Duration{static_cast<std::int64_t>(s * 1e9)}; }

struct Truth {
  double offset = 0, drift_ppm = 0, forth = 0.01, back = 0.01, jitter = 0.002, span = 60;
};

std::vector<ClockSample> samples_of(const Truth& t, int count = 2000, bool forth = true,
                                    bool back = true) {
  std::mt19937 random(3);
  std::exponential_distribution<double> queue(1 / t.jitter);
  std::vector<ClockSample> samples;
  for (int i = 0; i < count; ++i) {
    const double sent = t.span * i / count;
    const Way way = i % 2 == 0 ? kToServer : kToClient;
    const double arrived = sent + (way == kToServer ? t.forth : t.back) + queue(random);
    const auto server = [&](double s) {
      return test::kPathBegin + seconds(s + t.offset + s * t.drift_ppm / 1e6);
    };
    if (way == kToServer && forth)
      samples.push_back({test::kPathBegin + seconds(sent), server(arrived), way});
    if (way == kToClient && back)
      samples.push_back({test::kPathBegin + seconds(arrived), server(sent), way});
  }
  return samples;
}

double error_of(const ClockModel& clock, const Truth& t) {
  const double s = static_cast<double>((clock.reference - test::kPathBegin).count()) / 1e9;
  const double truth = t.offset + s * t.drift_ppm / 1e6;
  return static_cast<double>(clock.offset.count()) / 1e9 - truth;
}

TEST(Clock, TheOffsetIsWithinItsBound) {
  for (const Truth& t : {Truth{.offset = 10807}, Truth{.offset = -86400.5, .back = 0.03},
                         Truth{.offset = 0.001, .forth = 0.0001, .back = 0.0001, .jitter = 1e-5}}) {
    const ClockModel clock = fit_clock(samples_of(t));
    EXPECT_EQ(clock.basis, ClockBasis::BothWays);
    EXPECT_LE(std::abs(error_of(clock, t)), static_cast<double>(clock.bound.count()) / 1e9);
    EXPECT_NEAR(static_cast<double>(clock.bound.count()) / 1e9, (t.forth + t.back) / 2, t.jitter);
    EXPECT_EQ(clock.drift_ppm, 0) << "noise is no drift";
  }
}

TEST(Clock, ADriftIsFound) {
  const Truth t{.offset = 7, .drift_ppm = -50, .jitter = 0.0005, .span = 300};
  const ClockModel clock = fit_clock(samples_of(t));
  EXPECT_NEAR(clock.drift_ppm, -50, 1);
  EXPECT_NEAR(error_of(clock, t), 0, 0.001);
  const Timestamp late = test::kPathBegin + seconds(290);
  const Timestamp there = late + seconds(7 - 290 * 50e-6);
  EXPECT_NEAR(static_cast<double>((clock.to_client(there) - late).count()) / 1e9, 0, 0.001);
}

TEST(Clock, OneDirectionGivesTheSumOnly) {
  const ClockModel clock = fit_clock(samples_of({.offset = 100}, 2000, true, false));
  EXPECT_EQ(clock.basis, ClockBasis::OneWay);
  EXPECT_EQ(clock.only, kToServer);
  EXPECT_NEAR(static_cast<double>(clock.offset.count()) / 1e9, 100.01, 0.001);
}

TEST(Clock, WithoutSamplesTheClocksAreTakenAsEqual) {
  const ClockModel clock = fit_clock({});
  EXPECT_EQ(clock.basis, ClockBasis::Assumed);
  EXPECT_EQ(clock.to_client(test::kPathBegin), test::kPathBegin);
}

TEST(Clock, SegmentsThatArriveBeforeTheyAreSentContradict) {
  EXPECT_TRUE(fit_clock(samples_of({.forth = -0.05})).contradictory);
  EXPECT_FALSE(fit_clock(samples_of({})).contradictory);
}

/// A capture in nanoseconds and a copy of it in microseconds.
TEST(Clock, TimesThatAreCutOffDoNotContradict) {
  std::vector<ClockSample> samples;
  for (int i = 0; i < 100; ++i) {
    const Timestamp time = test::kPathBegin + Duration{i * 1'234'567 + 789};
    const Timestamp cut = std::chrono::floor<std::chrono::microseconds>(time);
    samples.push_back({time, cut, i % 2 == 0 ? kToServer : kToClient});
  }
  const ClockModel clock = fit_clock(samples);
  EXPECT_FALSE(clock.contradictory);
  EXPECT_EQ(clock.bound, Duration{500});
  for (ClockSample& s : samples) {
    if (s.way == kToServer) s.server -= std::chrono::microseconds{2};
  }
  EXPECT_TRUE(fit_clock(samples).contradictory);
}

}  // namespace
}  // namespace synfin
