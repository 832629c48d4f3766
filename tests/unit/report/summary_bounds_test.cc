// More keys than the bound of Summary: heavy keys and memory stay, and the report says approximate.
#include <gtest/gtest.h>

#include "synfin/base/mix.h"
#include "synfin/report/render.h"
#include "synfin/report/summary.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using test::numbered;
using test::RecordSpec;

std::uint64_t random_number(std::uint64_t n) { return mix64(n + 1, 0x9E3779B97F4A7C15); }

/// Traffic of every kind between `hosts` addresses, some of them much busier than others.
ConnectionRecord random_record(std::uint64_t n, std::uint32_t hosts) {
  const std::uint64_t r = random_number(n);
  const auto pick = [&](std::uint64_t bits) {
    return numbered(static_cast<std::uint32_t>((bits % hosts) * (bits >> 32 & 0xFFFF) / 0xFFFF));
  };
  constexpr Outcome kOf[] = {Outcome::Closed,  Outcome::Closed,     Outcome::Open,
                             Outcome::Refused, Outcome::Unanswered, Outcome::Midstream,
                             Outcome::Pending, Outcome::Unreachable};
  return RecordSpec{.orig = pick(r),
                    .resp = pick(random_number(r)),
                    .port = static_cast<std::uint16_t>(r >> 20 & 0x3F),
                    .outcome = kOf[r >> 50 & 7],
                    .after = Duration{static_cast<std::int64_t>(n) * 1'000'000},
                    .lasts = Duration{static_cast<std::int64_t>(r >> 30)},
                    .rtt = Duration{static_cast<std::int64_t>(r % 90'000'000)},
                    .sent = r % 5000,
                    .received = r % 70'000}
      .record();
}

TEST(SummaryBounds, HeavyKeysOutliveManyLightOnes) {
  Summary summary(SummaryOptions{.max_hosts = 1000});
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    summary.add(RecordSpec{.orig = numbered(100'000 + i), .resp = numbered(400'000 + i)}.record());
    if (i % 100 == 0) {
      for (std::uint32_t h = 0; h < 20; ++h) {
        summary.add(
            RecordSpec{.orig = numbered(h), .resp = numbered(1000 + h), .sent = 10}.record());
      }
    }
  }
  const SummaryData d = summary.data(20);
  EXPECT_TRUE(d.approximate.services);
  EXPECT_TRUE(d.approximate.edges);
  EXPECT_TRUE(d.approximate.hosts);
  EXPECT_TRUE(d.approximate.distinct);
  ASSERT_EQ(d.services.rows.size(), 20u);
  for (std::uint32_t h = 0; h < 20; ++h) {
    EXPECT_EQ(d.services.rows[h].service.address, numbered(1000 + h));
    EXPECT_EQ(d.services.rows[h].outcomes.attempts(), 2000u);
    EXPECT_EQ(d.edges.rows[h].orig, numbered(h));
    EXPECT_EQ(d.edges.rows[h].outcomes.attempts(), 2000u);
  }
  EXPECT_EQ(d.totals.by_outcome.all(), 240'000u);
}

TEST(SummaryBounds, ALateHeavyKeyGetsAnEntry) {
  Summary summary(SummaryOptions{.max_hosts = 500});
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    summary.add(RecordSpec{.orig = numbered(100'000 + i), .outcome = Outcome::Refused}.record());
  }
  for (int i = 0; i < 1000; ++i) summary.add(RecordSpec{.orig = numbered(1)}.record());
  const SummaryData d = summary.data(1);
  EXPECT_EQ(d.edges.rows.at(0).orig, numbered(1));
  EXPECT_GE(d.edges.rows.at(0).outcomes.attempts(), 999u);
}

TEST(SummaryBounds, ElephantsCountByTheirBytes) {
  Summary summary(SummaryOptions{.max_hosts = 500});
  summary.add(
      RecordSpec{.orig = numbered(1), .port = 22, .sent = std::uint64_t{10} << 30}.record());
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    summary.add(RecordSpec{.orig = numbered(1000 + i % 20'000)}.record());
  }
  const SummaryData d = summary.data(0);
  const auto sent = [](const HostRow& h) { return h.bytes_sent == std::uint64_t{10} << 30; };
  EXPECT_EQ(std::count_if(d.hosts.rows.begin(), d.hosts.rows.end(), sent), 1);
}

TEST(SummaryBounds, DistinctCountsStayCloseWhenTheyAreEstimates) {
  Summary summary(SummaryOptions{.max_hosts = 1000});
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    summary.add(RecordSpec{.orig = numbered(i % 100'000), .port = 443}.record());
  }
  const SummaryData d = summary.data(1);
  EXPECT_TRUE(d.approximate.distinct);
  EXPECT_NEAR(static_cast<double>(d.services.rows.at(0).clients), 100'000, 1000);
}

TEST(SummaryBounds, ExactUpToTheBound) {
  Summary summary(SummaryOptions{.max_hosts = 5000});
  for (std::uint32_t i = 0; i < 20'000; ++i)
    summary.add(RecordSpec{.orig = numbered(i % 5000)}.record());
  const SummaryData d = summary.data(0);
  EXPECT_FALSE(d.approximate.any());
  EXPECT_EQ(d.edges.of, 5000u);
  EXPECT_EQ(d.services.rows.at(0).clients, 5000u);
}

TEST(SummaryBounds, MemoryDoesNotGrowWithTheTraffic) {
  Summary summary(SummaryOptions{.max_hosts = 1000});
  for (std::uint64_t n = 0; n < 100'000; ++n) summary.add(random_record(n, 60'000));
  const std::size_t early = summary.memory();
  for (std::uint64_t n = 100'000; n < 400'000; ++n) summary.add(random_record(n, 60'000));
  EXPECT_LE(summary.memory(), early + early / 10);
  EXPECT_LT(summary.memory(), std::size_t{12} << 20);
}

TEST(SummaryBounds, WorksWithTheSmallestBounds) {
  for (const std::size_t bound : {0u, 1u, 2u}) {
    Summary summary(SummaryOptions{.max_hosts = bound});
    for (std::uint64_t n = 0; n < 20'000; ++n) summary.add(random_record(n, 5000));
    const SummaryData d = summary.data(0);
    EXPECT_EQ(d.totals.by_outcome.all(), 20'000u);
    EXPECT_LE(d.services.rows.size(), std::max<std::size_t>(bound, 1));
  }
}

/// The same records in the same order give the same report for any seed and group size.
TEST(SummaryBounds, TheReportDoesNotDependOnTheSeed) {
  for (const std::size_t bound : {50u, 2000u, 100'000u}) {
    std::string first;
    for (const std::uint64_t seed :
         {std::uint64_t{1}, std::uint64_t{0xFEEDFACE12345678}, std::uint64_t{0}}) {
      Summary summary(SummaryOptions{.max_hosts = bound, .seed = seed});
      std::vector<Event> events(seed == 1 ? 1 : 37);
      for (std::uint64_t n = 0; n < 60'000;) {
        std::size_t used = 0;
        for (; used < events.size() && n < 60'000; ++used)
          events[used].connection = random_record(n++, 20'000);
        summary.add(std::span<const Event>{events.data(), used});
      }
      PortNames ports(std::vector<PortNames::Service>{});
      const std::string text = render_report(ReportFormat::Json, {}, summary, ports, {});
      if (first.empty()) first = text;
      EXPECT_EQ(text, first) << "bound " << bound << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace synfin
