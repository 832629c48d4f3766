#include "synfin/report/summary.h"

#include <gtest/gtest.h>

#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::RecordSpec;

SummaryData summarize(const std::vector<RecordSpec>& records) {
  Summary summary(SummaryOptions{});
  for (const RecordSpec& s : records) summary.add(s.record());
  return summary.data(0);
}

const HostRow& host(const SummaryData& d, std::string_view text) {
  for (const HostRow& h : d.hosts.rows) {
    if (h.address == address(text)) return h;
  }
  throw std::out_of_range("no such host");
}

TEST(Summary, IsEmptyWithoutRecords) {
  const SummaryData d = summarize({});
  EXPECT_EQ(d.totals.by_outcome.all(), 0u);
  EXPECT_TRUE(d.services.rows.empty());
  EXPECT_TRUE(d.hosts.rows.empty());
  EXPECT_TRUE(d.timeline.buckets.empty());
  EXPECT_FALSE(d.approximate.any());
}

TEST(Summary, AddsUp) {
  Summary summary(SummaryOptions{});
  ConnectionRecord r = RecordSpec{.sent = 100, .received = 2000}.record();
  r.syn_retries = 2;
  summary.add(r);
  r = RecordSpec{.outcome = Outcome::Unanswered, .state = ConnState::S0}.record();
  r.evicted = true;
  r.syn_retries = 3;
  summary.add(r);
  const Totals t = summary.data(0).totals;
  EXPECT_EQ(t.by_outcome.all(), 2u);
  EXPECT_EQ(t.by_outcome.of(Outcome::Closed), 1u);
  EXPECT_EQ(t.by_outcome.of(Outcome::Unanswered), 1u);
  EXPECT_EQ(t.by_state[static_cast<std::size_t>(ConnState::SF)], 1u);
  EXPECT_EQ(t.by_state[static_cast<std::size_t>(ConnState::S0)], 1u);
  EXPECT_EQ(t.orig_bytes, 100u);
  EXPECT_EQ(t.resp_bytes, 2000u);
  EXPECT_EQ(t.evicted, 1u);
  EXPECT_EQ(t.syn_retries, 5u);
}

TEST(Summary, ComputesSuccessRates) {
  struct Case {
    Outcome outcome;
    bool attempt, established, failed;
  };
  for (const Case& c : {Case{Outcome::Open, true, true, false},
                        {Outcome::Closed, true, true, false},
                        {Outcome::Reset, true, true, false},
                        {Outcome::Refused, true, false, true},
                        {Outcome::Unanswered, true, false, true},
                        {Outcome::Unreachable, true, false, true},
                        {Outcome::HalfOpen, true, false, true},
                        {Outcome::Pending, true, false, false},
                        {Outcome::Aborted, true, false, false},
                        {Outcome::Midstream, false, false, false},
                        {Outcome::Backscatter, false, false, false}}) {
    const Outcomes o = summarize({RecordSpec{.outcome = c.outcome}}).totals.by_outcome;
    EXPECT_EQ(o.all(), 1u) << to_string(c.outcome);
    EXPECT_EQ(o.attempts(), c.attempt) << to_string(c.outcome);
    EXPECT_EQ(o.established(), c.established) << to_string(c.outcome);
    EXPECT_EQ(o.failed(), c.failed) << to_string(c.outcome);
    const bool decided = c.attempt && c.outcome != Outcome::Pending;
    EXPECT_EQ(o.success_rate().has_value(), decided) << to_string(c.outcome);
    EXPECT_EQ(o.success_rate().value_or(0), c.established ? 1 : 0) << to_string(c.outcome);
  }
}

TEST(Summary, IdentifiesAServiceByAddressAndPort) {
  const SummaryData d = summarize({{.sent = 10, .received = 20},
                                   {.orig = address("192.0.2.2"), .outcome = Outcome::Refused},
                                   {.orig = address("192.0.2.2"), .outcome = Outcome::Unanswered},
                                   {.port = 80, .outcome = Outcome::Pending}});
  ASSERT_EQ(d.services.rows.size(), 2u);
  const ServiceRow& https = d.services.rows[0];
  EXPECT_EQ(https.service.port, 443);
  EXPECT_EQ(https.service.address, address("198.51.100.1"));
  EXPECT_EQ(https.outcomes.attempts(), 3u);
  EXPECT_EQ(https.outcomes.of(Outcome::Refused), 1u);
  EXPECT_EQ(https.outcomes.of(Outcome::Unanswered), 1u);
  EXPECT_DOUBLE_EQ(https.outcomes.success_rate().value(), 1.0 / 3);
  EXPECT_EQ(https.clients, 2u);
  EXPECT_EQ(https.orig_bytes, 10u);
  EXPECT_EQ(https.resp_bytes, 20u);
  EXPECT_FALSE(d.services.rows[1].outcomes.success_rate().has_value());
}

TEST(Summary, ComputesPercentilesOfServicesAndEdges) {
  std::vector<RecordSpec> records;
  for (int i = 1; i <= 100; ++i) records.push_back({.rtt = i * 1ms});
  const SummaryData d = summarize(records);
  for (const RttQuantiles& q : {d.services.rows.at(0).rtt, d.edges.rows.at(0).rtt}) {
    EXPECT_EQ(q.samples, 100u);
    EXPECT_NEAR(static_cast<double>(q.p50.count()), 50e6, 1e6);
    EXPECT_NEAR(static_cast<double>(q.p99.count()), 99e6, 2e6);
  }
}

TEST(Summary, IdentifiesAnEdgeByItsEnds) {
  const SummaryData d = summarize({{.after = 2s, .lasts = 1s, .sent = 1, .received = 2},
                                   {.outcome = Outcome::Refused, .after = 1s},
                                   {.orig = address("192.0.2.2")}});
  ASSERT_EQ(d.edges.rows.size(), 2u);
  const EdgeRow& e = d.edges.rows[0];
  EXPECT_EQ(e.orig, address("192.0.2.1"));
  EXPECT_EQ(e.outcomes.attempts(), 2u);
  EXPECT_EQ(e.outcomes.established(), 1u);
  EXPECT_EQ(e.outcomes.failed(), 1u);
  EXPECT_EQ(e.bytes, 3u);
  EXPECT_EQ(e.first, timestamp_from_ns(test::kNoon) + 1s);
  EXPECT_EQ(e.last, timestamp_from_ns(test::kNoon) + 3s);
}

TEST(Summary, CountsAHostInBothRoles) {
  const SummaryData d =
      summarize({{.after = 5s, .sent = 10, .received = 100},
                 {.outcome = Outcome::Refused},
                 {.orig = address("198.51.100.1"),
                  .resp = address("192.0.2.1"),
                  .port = 22,
                  .after = 9s,
                  .lasts = 1s,
                  .sent = 7,
                  .received = 3},
                 {.orig = address("198.51.100.1"), .resp = address("203.0.113.9"), .port = 22}});
  const HostRow& a = host(d, "192.0.2.1");
  EXPECT_EQ(a.as_orig, 2u);
  EXPECT_EQ(a.as_resp, 1u);
  EXPECT_EQ(a.failed_as_orig, 1u);
  EXPECT_EQ(a.failed_as_resp, 0u);
  EXPECT_EQ(a.bytes_sent, 13u);
  EXPECT_EQ(a.bytes_received, 107u);
  EXPECT_EQ(a.peers, 1u);  // the other began one, and answered two
  EXPECT_EQ(a.first, timestamp_from_ns(test::kNoon));
  EXPECT_EQ(a.last, timestamp_from_ns(test::kNoon) + 10s);
  const HostRow& b = host(d, "198.51.100.1");
  EXPECT_EQ(b.as_orig, 2u);
  EXPECT_EQ(b.as_resp, 2u);
  EXPECT_EQ(b.failed_as_resp, 1u);
  EXPECT_EQ(b.bytes_sent, 107u);
  EXPECT_EQ(b.peers, 2u);
  EXPECT_EQ(host(d, "203.0.113.9").peers, 1u);
}

TEST(Summary, CountsAHostThatTalksToItselfOnce) {
  const SummaryData d =
      summarize({{.resp = address("192.0.2.1")}, {.resp = address("192.0.2.1"), .port = 80}});
  ASSERT_EQ(d.hosts.rows.size(), 1u);
  EXPECT_EQ(d.hosts.rows[0].peers, 1u);
  EXPECT_EQ(d.hosts.rows[0].as_orig, 2u);
  EXPECT_EQ(d.hosts.rows[0].as_resp, 2u);
}

TEST(Summary, AFailureOfAHostWithItselfIsOneFailure) {
  const SummaryData d = summarize(
      {{.orig = address("127.0.0.1"), .resp = address("127.0.0.1"), .outcome = Outcome::Refused}});
  const HostRow& self = host(d, "127.0.0.1");
  EXPECT_EQ(self.as_orig, 1u);
  EXPECT_EQ(self.as_resp, 1u);
  EXPECT_EQ(self.failed_as_orig + self.failed_as_resp, 1u);
}

TEST(Summary, MidstreamCountsAsTrafficButNotAsAttempt) {
  const SummaryData d = summarize({{.outcome = Outcome::Midstream, .sent = 5000}});
  ASSERT_EQ(d.services.rows.size(), 1u);
  EXPECT_EQ(d.services.rows[0].outcomes.attempts(), 0u);
  EXPECT_EQ(d.services.rows[0].orig_bytes, 5000u);
  EXPECT_EQ(host(d, "192.0.2.1").bytes_sent, 5000u);
}

TEST(Summary, BackscatterMakesHostsButNoServiceAndNoEdge) {
  const SummaryData d = summarize({{.outcome = Outcome::Backscatter}});
  EXPECT_EQ(d.totals.by_outcome.all(), 1u);
  EXPECT_TRUE(d.services.rows.empty());
  EXPECT_TRUE(d.edges.rows.empty());
  EXPECT_EQ(d.hosts.rows.size(), 2u);
}

TEST(Summary, RanksTheLongestTheLargestAndTheFailing) {
  std::vector<RecordSpec> records{{.lasts = 5s, .received = 1},
                                  {.lasts = 9s, .sent = 8, .orig_port = 2},
                                  {.outcome = Outcome::Unanswered, .lasts = 63s},
                                  {.port = 25, .outcome = Outcome::Refused},
                                  {.port = 25, .outcome = Outcome::Refused}};
  const SummaryData d = summarize(records);
  ASSERT_EQ(d.longest.rows.size(), 2u);  // a SYN that waits is no long connection
  EXPECT_EQ(d.longest.rows[0].duration, 9s);
  EXPECT_EQ(d.largest.rows.at(0).orig_bytes, 8u);
  ASSERT_EQ(d.failing.rows.size(), 2u);
  EXPECT_EQ(d.failing.rows[0].service.port, 25);
  EXPECT_EQ(d.failing.rows[0].outcomes.failed(), 2u);
}

TEST(Summary, LimitsRowsAndReportsTheirNumber) {
  Summary summary(SummaryOptions{});
  for (std::uint16_t port = 1; port <= 50; ++port) summary.add(RecordSpec{.port = port}.record());
  const SummaryData d = summary.data(10);
  EXPECT_EQ(d.services.rows.size(), 10u);
  EXPECT_EQ(d.services.of, 50u);
  for (std::uint16_t i = 0; i < 10; ++i) EXPECT_EQ(d.services.rows[i].service.port, i + 1);
}

TEST(Summary, AddsTheRecordsAmongEvents) {
  Summary one(SummaryOptions{});
  Summary many(SummaryOptions{});
  std::vector<Event> events;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    Event e;
    e.kind = i % 3 == 0 ? EventKind::Syn : EventKind::Record;
    e.connection = RecordSpec{.orig = test::numbered(i % 70), .sent = i}.record();
    events.push_back(e);
    if (e.kind == EventKind::Record) one.add(e.connection);
  }
  many.add(std::span<const Event>{events});
  EXPECT_EQ(many.data(0).totals.by_outcome.all(), 666u);
  EXPECT_EQ(many.data(0).totals.orig_bytes, one.data(0).totals.orig_bytes);
  EXPECT_EQ(many.data(0).services.rows.at(0).clients, 70u);
  EXPECT_EQ(many.data(0).edges.of, one.data(0).edges.of);
}

}  // namespace
}  // namespace synfin
