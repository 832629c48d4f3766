// Failed attempts by cause: one row for what one cause explains.
#include <gtest/gtest.h>

#include "records.h"
#include "synfin/report/summary.h"
#include "synfin/report/summary_data.h"

namespace synfin::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct FailureSpec {
  RecordSpec record;
  Cause cause = Cause::Filtered;
  Confidence confidence = Confidence::Likely;
};

SummaryData summarize(const std::vector<FailureSpec>& specs) {
  Summary summary({.max_hosts = 1000, .seed = 1});
  for (const FailureSpec& spec : specs) {
    ConnectionRecord r = spec.record.record();
    r.cause.cause = spec.cause;
    r.cause.confidence = spec.cause == Cause::None ? Confidence::None : spec.confidence;
    r.syn_retries = 3;
    summary.add(r);
  }
  return summary.data(0);
}

RecordSpec silent(std::string_view orig, Duration after, std::uint16_t port = 5432) {
  return {.orig = address(orig),
          .port = port,
          .outcome = Outcome::Unanswered,
          .state = ConnState::S0,
          .after = after,
          .lasts = seconds{7}};
}

TEST(Failures, AttemptsOfOneClientAreOneRow) {
  std::vector<FailureSpec> specs;
  for (int i = 0; i < 214; ++i) specs.push_back({silent("10.0.0.7", minutes{i})});
  specs.push_back({{.port = 22, .after = minutes{3}}, Cause::None});
  specs.push_back({{.port = 80, .after = minutes{3}}, Cause::None});
  const SummaryData d = summarize(specs);
  ASSERT_EQ(d.failures.rows.size(), 1u);
  const FailureRow& row = d.failures.rows[0];
  EXPECT_EQ(row.cause, Cause::Filtered);
  EXPECT_EQ(row.confidence, Confidence::Certain) << "other ports answered meanwhile";
  EXPECT_EQ(row.orig, address("10.0.0.7"));
  EXPECT_EQ(row.attempts, 214u);
  EXPECT_EQ(row.of, 214u);
  EXPECT_EQ(row.first, timestamp_from_ns(kNoon));
  EXPECT_EQ(row.last, timestamp_from_ns(kNoon) + minutes{213});
  EXPECT_EQ(row.answering, (std::vector<std::uint16_t>{22, 80}));
  EXPECT_EQ(row.evidence, "4 SYNs in 7.0 s; the host answers on 22, 80");
  EXPECT_EQ(d.totals.by_cause[static_cast<std::size_t>(Cause::Filtered)], 214u);
}

TEST(Failures, TheLowestOfManyAnsweringPortsAreListedAndTheOthersCounted) {
  std::vector<FailureSpec> specs{{silent("10.0.0.7", minutes{20}), Cause::HostAway}};
  for (std::uint16_t port = 120; port > 100; --port)
    specs.push_back({{.port = port, .after = minutes{12}}, Cause::None});
  specs.push_back({{.port = 1, .after = {}}, Cause::None});  // more than 10 minutes before it
  specs.push_back({{.port = 5432, .after = minutes{15}}, Cause::None});
  const SummaryData d = summarize(specs);
  ASSERT_EQ(d.failures.rows.size(), 1u);
  const FailureRow& row = d.failures.rows[0];
  EXPECT_EQ(row.cause, Cause::Filtered);
  EXPECT_EQ(row.confidence, Confidence::Likely) << "no port answered after the attempt";
  ASSERT_EQ(row.answering.size(), FailureRow::kMaxAnswering);
  EXPECT_EQ(row.answering.front(), 101u);
  EXPECT_EQ(row.answering.back(), 116u);
  EXPECT_EQ(row.further_answering, 4u) << "20 ports without that of the attempt";
  EXPECT_EQ(row.evidence, "4 SYNs in 7.0 s; the host answers on 101, 102, 103, 104 and 16 more");
}

TEST(Failures, TheLastAnswersOfTheOwnPortAndOfOthersDecide) {
  const auto judge = [](std::vector<FailureSpec> answers) {
    answers.push_back({silent("10.0.0.7", minutes{20}), Cause::HostAway});
    return summarize(answers).failures.rows.at(0);
  };
  const FailureSpec own_before{{.port = 5432, .after = minutes{19}}, Cause::None};
  const FailureSpec own_after{{.port = 5432, .after = minutes{21}}, Cause::None};
  const FailureSpec other_before{{.port = 80, .after = minutes{11}}, Cause::None};
  const FailureSpec other_long_before{{.port = 22, .after = minutes{9}}, Cause::None};
  EXPECT_EQ(judge({other_long_before}).cause, Cause::HostAway);
  EXPECT_EQ(judge({own_before}).cause, Cause::HostAway) << "only failures came after it";
  EXPECT_EQ(judge({own_after}).cause, Cause::Filtered);
  EXPECT_EQ(judge({own_after}).confidence, Confidence::Likely);
  EXPECT_EQ(judge({own_before, other_before}).cause, Cause::Filtered);
  EXPECT_EQ(judge({own_before, other_before, other_long_before}).answering,
            std::vector<std::uint16_t>{80});
}

TEST(Failures, RepeatedSegmentsOfAClientAreNoAnswer) {
  RecordSpec dies{.port = 5432, .outcome = Outcome::Open, .after = {}, .lasts = minutes{30}};
  const FailureSpec away{silent("10.0.0.7", minutes{20}), Cause::HostAway};
  EXPECT_EQ(summarize({{dies, Cause::None}, away}).failures.rows.at(0).cause, Cause::HostAway);
  dies.outcome = Outcome::Closed;
  EXPECT_EQ(summarize({{dies, Cause::None}, away}).failures.rows.at(0).cause, Cause::Filtered);
}

TEST(Failures, NoRowListsAllPortsOfAHostWithVeryMany) {
  Summary summary({.max_hosts = 50'000, .seed = 1});
  for (unsigned port = 1; port <= 20'000; ++port)
    summary.add(RecordSpec{.port = static_cast<std::uint16_t>(port)}.record());
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    const auto port = static_cast<std::uint16_t>(60'001 + i % 1'000);
    ConnectionRecord r = silent("10.0.0.7", seconds{i / 100}, port).record();
    r.tuple.orig.address = numbered(i);
    r.cause.cause = Cause::HostAway;
    r.cause.confidence = Confidence::Likely;
    summary.add(r);
  }
  const SummaryData d = summary.data(0);
  ASSERT_EQ(d.failures.rows.size(), 1'000u);
  for (const FailureRow& row : d.failures.rows) {
    ASSERT_EQ(row.cause, Cause::Filtered);
    ASSERT_EQ(row.attempts, 5u);
    ASSERT_EQ(row.answering.size() + row.further_answering, 20'000u);
    ASSERT_LE(row.answering.size(), FailureRow::kMaxAnswering);
  }
}

TEST(Failures, WhatIsKnownLaterCorrectsTheFirstJudgement) {
  const SummaryData d = summarize({{silent("192.0.2.1", {}), Cause::HostAway},
                                   {silent("192.0.2.1", minutes{1}), Cause::Filtered},
                                   {{.port = 22, .after = minutes{2}}, Cause::None}});
  ASSERT_EQ(d.failures.rows.size(), 1u);
  EXPECT_EQ(d.failures.rows[0].cause, Cause::Filtered);
  EXPECT_EQ(d.failures.rows[0].attempts, 2u);
  EXPECT_EQ(d.totals.by_cause[static_cast<std::size_t>(Cause::Filtered)], 2u);
  EXPECT_EQ(d.totals.by_cause[static_cast<std::size_t>(Cause::HostAway)], 0u);
}

TEST(Failures, ManyClientsOfOneServiceAreOneRow) {
  std::vector<FailureSpec> specs;
  for (int i = 1; i <= 12; ++i)
    specs.push_back({silent("192.0.2." + std::to_string(i), minutes{i}), Cause::HostAway});
  specs.push_back({silent("192.0.2.1", {}, 80), Cause::HostAway});
  const SummaryData d = summarize(specs);
  ASSERT_EQ(d.failures.rows.size(), 2u);
  EXPECT_EQ(d.failures.rows[0].clients, 12u);
  EXPECT_EQ(d.failures.rows[0].attempts, 12u);
  EXPECT_EQ(d.failures.rows[0].of, 12u);
  EXPECT_EQ(d.failures.rows[1].clients, 1u);
}

/// Attempts of the clients PREFIX + 1 … PREFIX + n.
void add_clients(std::vector<FailureSpec>& specs, const std::string& prefix, int n) {
  for (int i = 1; i <= n; ++i)
    specs.push_back({silent(prefix + std::to_string(i), minutes{i}), Cause::HostAway});
}

TEST(Failures, ANetworkOfClientsIsNamed) {
  std::vector<FailureSpec> specs;
  add_clients(specs, "10.0.0.", 5);
  EXPECT_EQ(summarize(specs).failures.rows.at(0).network, "10.0.0.0/24");
  add_clients(specs, "2001:db8:7::", 3);
  add_clients(specs, "192.0.2.", 1);
  const SummaryData d = summarize(specs);
  ASSERT_EQ(d.failures.rows.size(), 3u);
  EXPECT_EQ(d.failures.rows[0].clients, 5u);
  EXPECT_EQ(d.failures.rows[0].network, "10.0.0.0/24");
  EXPECT_EQ(d.failures.rows[1].clients, 3u);
  EXPECT_EQ(d.failures.rows[1].network, "2001:db8:7::/48");
  EXPECT_EQ(d.failures.rows[2].clients, 1u);
  EXPECT_EQ(d.failures.rows[2].network, "");
}

TEST(Failures, ClientsOfManyNetworksAreOneRow) {
  std::vector<FailureSpec> specs;
  for (int n = 0; n < 4; ++n) add_clients(specs, "10.0." + std::to_string(n) + ".", 3);
  const SummaryData d = summarize(specs);
  ASSERT_EQ(d.failures.rows.size(), 1u) << "the service is the reason, not a network";
  EXPECT_EQ(d.failures.rows[0].clients, 12u);
  EXPECT_EQ(d.failures.rows[0].network, "");
}

TEST(Failures, AttemptsThatSucceedCountBesideThem) {
  std::vector<FailureSpec> specs{{silent("192.0.2.1", {})}};
  for (int i = 0; i < 3; ++i) specs.push_back({{.port = 5432, .after = minutes{1}}, Cause::None});
  const SummaryData d = summarize(specs);
  ASSERT_EQ(d.failures.rows.size(), 1u);
  EXPECT_EQ(d.failures.rows[0].attempts, 1u);
  EXPECT_EQ(d.failures.rows[0].of, 4u);
}

TEST(Failures, AScannersAttemptsAreInTheTotalsOnly) {
  std::vector<FailureSpec> specs;
  for (std::uint16_t port = 1; port <= 300; ++port)
    specs.push_back({silent("192.0.2.66", seconds{port}, port)});
  const SummaryData d = summarize(specs);
  EXPECT_TRUE(d.failures.rows.empty());
  EXPECT_EQ(d.totals.by_cause[static_cast<std::size_t>(Cause::Filtered)], 300u);
}

TEST(Hangups, EachServiceShowsWhoClosedItsConnections) {
  Summary summary({.max_hosts = 1000, .seed = 1});
  const auto add = [&](Outcome outcome, Side side, RstBasis basis) {
    ConnectionRecord r = RecordSpec{.outcome = outcome}.record();
    r.closed_by = side;
    r.rst_basis = basis;
    summary.add(r);
  };
  for (int i = 0; i < 3; ++i) add(Outcome::Closed, Side::Orig, RstBasis::None);
  for (int i = 0; i < 2; ++i) add(Outcome::Closed, Side::Resp, RstBasis::None);
  add(Outcome::Reset, Side::Resp, RstBasis::Verified);
  add(Outcome::Open, Side::None, RstBasis::None);
  const Hangups h = summary.data(0).hangups;
  ASSERT_EQ(h.closers.size(), 1u);
  EXPECT_EQ(h.closers[0].fin, (std::array<std::uint64_t, 2>{3, 2}));
  EXPECT_EQ(h.closers[0].rst, (std::array<std::uint64_t, 2>{0, 1}));
  EXPECT_EQ(h.closers[0].open, 1u);
}

}  // namespace
}  // namespace synfin::test
