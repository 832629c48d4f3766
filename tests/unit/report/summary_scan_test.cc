// Scanners and floods, and traffic that resembles them.
#include <gtest/gtest.h>

#include "synfin/report/summary.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::numbered;
using test::RecordSpec;

class Scan {
 public:
  void ports(std::uint16_t from, std::uint16_t to, Outcome outcome) {
    for (std::uint16_t p = from; p <= to; ++p)
      summary_.add(RecordSpec{.port = p, .outcome = outcome}.record());
  }
  void hosts(std::uint32_t n, Outcome outcome, std::uint16_t port = 22) {
    for (std::uint32_t i = 0; i < n; ++i) {
      summary_.add(
          RecordSpec{.resp = numbered(i), .port = port, .outcome = outcome, .after = i * 1s}
              .record());
    }
  }
  SummaryData data() const { return summary_.data(0); }

 private:
  Summary summary_{SummaryOptions{}};
};

TEST(Scanners, ManyPortsOfOneHost) {
  Scan scan;
  scan.ports(1, 100, Outcome::Refused);
  const SummaryData d = scan.data();
  ASSERT_EQ(d.scanners.rows.size(), 1u);
  const ScannerRow& s = d.scanners.rows[0];
  EXPECT_EQ(s.address, address("192.0.2.1"));
  EXPECT_EQ(s.kind, ScanKind::Vertical);
  EXPECT_EQ(s.targets, 100u);
  EXPECT_EQ(s.ports, 100u);
  EXPECT_EQ(s.hosts, 1u);
  EXPECT_EQ(s.attempts, 100u);
  EXPECT_EQ(s.failed, 100u);
  EXPECT_EQ(probe_names(s.probes), "syn");
}

// A single ACK or FIN-ACK is `midstream`, but many are a scan.
TEST(Scanners, ProbesWithOddFlags) {
  Summary summary{SummaryOptions{}};
  for (std::uint16_t port = 1; port <= 40; ++port) {
    ConnectionRecord r = RecordSpec{.port = port, .outcome = Outcome::Midstream}.record();
    r.probe = port % 2 != 0 ? Probe::Ack : Probe::Maimon;
    summary.add(r);
  }
  const SummaryData d = summary.data(0);
  ASSERT_EQ(d.scanners.rows.size(), 1u);
  EXPECT_EQ(d.scanners.rows[0].targets, 40u);
  EXPECT_EQ(d.scanners.rows[0].failed, 40u);
  EXPECT_EQ(probe_names(d.scanners.rows[0].probes), "maimon, ack");
}

TEST(Scanners, MidstreamConnectionsAreNoScan) {
  Scan scan;
  scan.ports(1, 40, Outcome::Midstream);
  EXPECT_TRUE(scan.data().scanners.rows.empty());
}

TEST(Scanners, OnePortOfManyHosts) {
  Scan scan;
  scan.hosts(40, Outcome::Unanswered);
  const SummaryData d = scan.data();
  ASSERT_EQ(d.scanners.rows.size(), 1u);
  EXPECT_EQ(d.scanners.rows[0].kind, ScanKind::Horizontal);
  EXPECT_EQ(d.scanners.rows[0].hosts, 40u);
  EXPECT_EQ(d.scanners.rows[0].ports, 1u);
  EXPECT_EQ(d.scanners.rows[0].until - d.scanners.rows[0].since, 39s);
}

TEST(Scanners, ManyPortsOfManyHosts) {
  Scan scan;
  for (std::uint16_t p = 1; p <= 10; ++p) scan.hosts(10, Outcome::Refused, p);
  const SummaryData d = scan.data();
  ASSERT_EQ(d.scanners.rows.size(), 1u);
  EXPECT_EQ(d.scanners.rows[0].kind, ScanKind::Block);
  EXPECT_EQ(d.scanners.rows[0].targets, 100u);
  EXPECT_EQ(d.scanners.rows[0].hosts, 10u);
  EXPECT_EQ(d.scanners.rows[0].ports, 10u);
}

TEST(Scanners, RecognizesAHalfOpenScan) {
  Scan scan;
  scan.ports(1, 20, Outcome::Aborted);
  EXPECT_EQ(scan.data().scanners.rows.size(), 1u);
}

TEST(Scanners, FourteenTargetsAreNotAScan) {
  Scan scan;
  scan.ports(1, 14, Outcome::Refused);
  EXPECT_TRUE(scan.data().scanners.rows.empty());
  scan.ports(15, 15, Outcome::Refused);
  EXPECT_EQ(scan.data().scanners.rows.size(), 1u);
}

TEST(Scanners, OneInFiveMaySucceed) {
  Scan scan;
  scan.ports(1, 16, Outcome::Refused);
  scan.ports(17, 20, Outcome::Closed);
  EXPECT_EQ(scan.data().scanners.rows.size(), 1u);
  scan.ports(21, 21, Outcome::Closed);
  EXPECT_TRUE(scan.data().scanners.rows.empty());
}

TEST(Scanners, ManyAttemptsOnOneTargetAreNotAScan) {
  Scan scan;
  for (int i = 0; i < 500; ++i) scan.ports(25, 25, Outcome::Refused);
  const SummaryData d = scan.data();
  EXPECT_TRUE(d.scanners.rows.empty());
  ASSERT_EQ(d.failing.rows.size(), 1u);
  EXPECT_EQ(d.failing.rows[0].outcomes.failed(), 500u);
}

TEST(Scanners, ABusyClientIsNotAScanner) {
  Scan scan;
  scan.hosts(500, Outcome::Closed, 443);
  EXPECT_TRUE(scan.data().scanners.rows.empty());
}

TEST(Scanners, PendingAttemptsProveNothing) {
  Scan scan;
  scan.ports(1, 100, Outcome::Pending);
  EXPECT_TRUE(scan.data().scanners.rows.empty());
}

TEST(Scanners, TheirFailuresAreNotListed) {
  Scan scan;
  scan.ports(1, 100, Outcome::Refused);
  EXPECT_TRUE(scan.data().failing.rows.empty());
  scan.ports(7, 7, Outcome::Refused);
  scan.ports(7, 7, Outcome::Refused);
  ASSERT_EQ(scan.data().failing.rows.size(), 1u);
  EXPECT_EQ(scan.data().failing.rows[0].service.port, 7);
}

/// `rate` attempts a second from as many sources, for `seconds`.
class Flood {
 public:
  explicit Flood(SummaryOptions options = {}) : summary_(options) {}

  void run(std::uint32_t sources, std::uint32_t attempts, std::uint32_t rate, Outcome outcome) {
    for (std::uint32_t i = 0; i < attempts; ++i) {
      summary_.add(RecordSpec{.orig = numbered(1000 + i % sources),
                              .port = 80,
                              .outcome = outcome,
                              .state = ConnState::S0,
                              .after = i * Duration{1s} / rate}
                       .record());
    }
  }
  void real(std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i)
      summary_.add(RecordSpec{.orig = numbered(i), .sent = 100}.record());
  }
  SummaryData data() const { return summary_.data(0); }
  std::size_t memory() const { return summary_.memory(); }

 private:
  Summary summary_;
};

TEST(Floods, AreNamedWithTargetRateSourcesAndTime) {
  Flood flood;
  flood.real(10);
  flood.run(10'000, 10'000, 1000, Outcome::Unanswered);
  const SummaryData d = flood.data();
  ASSERT_EQ(d.floods.rows.size(), 1u);
  const FloodRow& f = d.floods.rows[0];
  EXPECT_EQ(f.target, (Endpoint{address("198.51.100.1"), 80}));
  EXPECT_EQ(f.attempts, 10'000u);
  EXPECT_EQ(f.sources, 10'000u);
  EXPECT_EQ(f.peak, 1000u);
  EXPECT_NEAR(f.rate(), 1000, 1);
  EXPECT_EQ(f.since, timestamp_from_ns(test::kNoon));
  EXPECT_EQ(f.until, timestamp_from_ns(test::kNoon) + 9999ms);
}

TEST(Floods, AreNamedInsteadOfListed) {
  Flood flood;
  flood.real(10);
  flood.run(20'000, 20'000, 10'000, Outcome::HalfOpen);
  const SummaryData d = flood.data();
  EXPECT_EQ(d.edges.rows.size(), 10u);
  EXPECT_TRUE(d.failing.rows.empty());
  EXPECT_EQ(d.hosts.rows.size(), 11u);
  EXPECT_EQ(d.totals.by_outcome.of(Outcome::HalfOpen), 20'000u);
  EXPECT_EQ(d.services.rows.at(0).outcomes.attempts(), 20'000u);
}

TEST(Floods, MayBeShorterThanTheTimeout) {
  Flood flood;
  flood.run(5000, 5000, 100'000, Outcome::Pending);
  ASSERT_EQ(flood.data().floods.rows.size(), 1u);
  EXPECT_EQ(flood.data().floods.rows[0].rate(), 5000);
}

TEST(Floods, OfOneSourceAreFailingPairs) {
  Flood flood;
  flood.run(1, 10'000, 1000, Outcome::Unanswered);
  EXPECT_TRUE(flood.data().floods.rows.empty());
  EXPECT_EQ(flood.data().failing.rows.at(0).outcomes.failed(), 10'000u);
}

TEST(Floods, ADeadServiceIsNotAFlood) {
  Flood flood;
  flood.run(2000, 10'000, 20, Outcome::Unanswered);
  EXPECT_TRUE(flood.data().floods.rows.empty());
}

TEST(Floods, ABusyServiceIsNotAFlood) {
  Flood flood;
  flood.run(5000, 50'000, 10'000, Outcome::Closed);
  EXPECT_TRUE(flood.data().floods.rows.empty());
}

TEST(Floods, LeaveTheRealConnectionsAlone) {
  Flood flood(SummaryOptions{.max_hosts = 2000});
  flood.run(500'000, 500'000, 100'000, Outcome::Unanswered);
  flood.real(1000);
  const SummaryData d = flood.data();
  ASSERT_EQ(d.floods.rows.size(), 1u);
  EXPECT_NEAR(static_cast<double>(d.floods.rows[0].sources), 500'000, 5000);
  EXPECT_EQ(d.edges.rows.size(), 1000u);
  ASSERT_EQ(d.services.rows.size(), 2u);
  EXPECT_NEAR(static_cast<double>(d.services.rows[1].clients), 1000, 20);
  EXPECT_LE(d.services.rows[1].clients, 1000u);  // no more than there were connections
  EXPECT_TRUE(d.approximate.distinct);
  EXPECT_FALSE(d.approximate.hosts);
  EXPECT_LT(flood.memory(), std::size_t{16} << 20);
}

}  // namespace
}  // namespace synfin
