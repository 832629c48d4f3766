#include "report/connection_sample.h"

#include <gtest/gtest.h>

#include <map>

#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using test::RecordSpec;

constexpr std::uint32_t kMany = 200'000;

const SampleStratum& stratum(const ConnectionSample& sample, std::size_t bucket, Outcome outcome) {
  return sample.buckets()[bucket].by_outcome[static_cast<std::size_t>(outcome)];
}

ConnectionRecord numbered_record(std::uint32_t n, Duration after, Outcome outcome) {
  return RecordSpec{.orig = test::numbered(n), .outcome = outcome, .after = after, .sent = 10}
      .record();
}

/// 200 000 connections over 100 s, of which one in a hundred is refused.
void add_many(ConnectionSample& sample) {
  for (std::uint32_t i = 0; i < kMany; ++i) {
    const Outcome outcome = i % 100 == 0 ? Outcome::Refused : Outcome::Closed;
    sample.add(numbered_record(i, Duration{i} * 500'000, outcome));
  }
}

TEST(ConnectionSample, HoldsAllOfFewConnections) {
  ConnectionSample sample;
  for (std::uint32_t i = 0; i < 1000; ++i)
    sample.add(numbered_record(i, 0s, i % 2 == 0 ? Outcome::Closed : Outcome::Refused));
  ASSERT_EQ(sample.buckets().size(), 1u);
  EXPECT_EQ(sample.sampled(), 1000u);
  EXPECT_EQ(stratum(sample, 0, Outcome::Closed).sampled.size(), 500u);
  EXPECT_EQ(stratum(sample, 0, Outcome::Refused).count, 500u);
  EXPECT_EQ(stratum(sample, 0, Outcome::Refused).bytes, 5000u);
}

TEST(ConnectionSample, KeepsTheFieldsOfARecord) {
  ConnectionSample sample;
  ConnectionRecord r = RecordSpec{.lasts = 2s, .rtt = 5ms, .sent = 7, .received = 9}.record();
  r.syn_retries = 3;
  r.closed_by = Side::Resp;
  sample.add(r);
  const SampledConnection& c = stratum(sample, 0, Outcome::Closed).sampled.at(0);
  EXPECT_EQ(c.tuple, r.tuple);
  EXPECT_EQ(c.first, r.first);
  EXPECT_EQ(c.duration, 2s);
  EXPECT_EQ(c.synack_rtt, 5ms);
  EXPECT_EQ(c.orig_bytes, 7u);
  EXPECT_EQ(c.resp_bytes, 9u);
  EXPECT_EQ(c.syn_retries, 3u);
  EXPECT_EQ(c.state, ConnState::SF);
  EXPECT_EQ(c.closed_by, Side::Resp);
}

TEST(ConnectionSample, IsBoundedAndItsCountsAreExact) {
  ConnectionSample sample;
  add_many(sample);
  EXPECT_EQ(sample.total(), kMany);
  EXPECT_LE(sample.sampled(), ConnectionSample::kMaxSampled);
  EXPECT_GE(sample.sampled(), ConnectionSample::kMaxSampled / 3);
  EXPECT_EQ(sample.width(), 1s);
  std::map<std::size_t, std::uint64_t> counts;
  for (const ConnectionSample::Bucket& bucket : sample.buckets()) {
    for (std::size_t i = 0; i < bucket.by_outcome.size(); ++i)
      counts[i] += bucket.by_outcome[i].count;
  }
  EXPECT_EQ(counts[static_cast<std::size_t>(Outcome::Refused)], kMany / 100);
  EXPECT_EQ(counts[static_cast<std::size_t>(Outcome::Closed)], kMany - kMany / 100);
}

TEST(ConnectionSample, EveryStratumIsRepresented) {
  ConnectionSample sample;
  add_many(sample);
  for (std::size_t i = 0; i < sample.buckets().size(); ++i) {
    for (const Outcome outcome : {Outcome::Closed, Outcome::Refused}) {
      const SampleStratum& s = stratum(sample, i, outcome);
      EXPECT_GE(s.sampled.size(), std::min<std::size_t>(s.count, 8)) << i;
      for (const SampledConnection& c : s.sampled) {
        const auto bucket = static_cast<std::size_t>((c.first - sample.start()) / sample.width());
        EXPECT_EQ(bucket, i);
      }
    }
  }
}

/// One third of the connections have an even address, whatever their stratum.
TEST(ConnectionSample, IsUniformWithinAStratum) {
  ConnectionSample sample;
  for (std::uint32_t i = 0; i < kMany; ++i)
    sample.add(
        numbered_record(i % 3 == 0 ? 2 * i : 2 * i + 1, Duration{i} * 500'000, Outcome::Closed));
  double even = 0;
  double all = 0;
  for (std::size_t i = 0; i < sample.buckets().size(); ++i) {
    const SampleStratum& s = stratum(sample, i, Outcome::Closed);
    const double weight = static_cast<double>(s.count) / static_cast<double>(s.sampled.size());
    for (const SampledConnection& c : s.sampled) {
      all += weight;
      even += c.tuple.orig.address.v4() % 2 == 0 ? weight : 0;
    }
  }
  EXPECT_NEAR(all, kMany, 1);
  EXPECT_NEAR(even / all, 1.0 / 3, 0.02);
}

TEST(ConnectionSample, IsTheSameForTheSameRecords) {
  ConnectionSample a, b;
  add_many(a);
  add_many(b);
  ASSERT_EQ(a.buckets().size(), b.buckets().size());
  for (std::size_t i = 0; i < a.buckets().size(); ++i) {
    const auto& x = stratum(a, i, Outcome::Refused).sampled;
    const auto& y = stratum(b, i, Outcome::Refused).sampled;
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t n = 0; n < x.size(); ++n) EXPECT_EQ(x[n].tuple, y[n].tuple);
  }
}

TEST(ConnectionSample, ToleratesTimesInAnyOrder) {
  ConnectionSample sample;
  for (std::uint32_t i = 0; i < 50'000; ++i)
    sample.add(numbered_record(i, std::chrono::hours{(i * 7919) % 5000}, Outcome::Unanswered));
  EXPECT_EQ(sample.total(), 50'000u);
  EXPECT_LE(sample.sampled(), ConnectionSample::kMaxSampled);
  std::uint64_t counted = 0;
  for (std::size_t i = 0; i < sample.buckets().size(); ++i)
    counted += stratum(sample, i, Outcome::Unanswered).count;
  EXPECT_EQ(counted, 50'000u);
}

}  // namespace
}  // namespace synfin
