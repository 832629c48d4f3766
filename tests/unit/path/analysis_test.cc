#include "path/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path/findings.h"
#include "support/path_simulator.h"

namespace synfin {
namespace {

using test::Conversation;
using test::converse;
using test::names_of;
using test::PathSimulator;

double ms(Duration d) { return static_cast<double>(d.count()) / 1e6; }

TEST(Path, NothingDiffersOnAHealthyPath) {
  PathSimulator path;
  converse(path, 20);
  converse(path, 20, 2.5, {.number = 100, .ipv6 = true});
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::IsEmpty());
  EXPECT_TRUE(report.equal());
  EXPECT_EQ(report.pairs[0], 40u);
  EXPECT_NEAR(ms(report.delay[kToServer].p50), 10, 0.01);
  EXPECT_EQ(report.way[kToServer].min_hops, 1);
}

TEST(Path, SynAcksThatNeverReachTheClient) {
  PathSimulator path;
  converse(path, 1);
  path.lose = [](const Segment& s, Way) { return test::is_syn_ack(s); };
  converse(path, 41, 1.2, {.number = 2});
  path.lose = {};
  converse(path, 1, 5, {.number = 90});
  const PathReport report = path.compare();
  const auto findings = findings_of(report, Zone::Utc);
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].text,
            "The SYN-ACK left the server and never reached the client: 41 of 43 connections, "
            "all to 192.0.2.2:443.");
  EXPECT_EQ(report.way[kToClient].sum.all_lost(), 41u);
  EXPECT_EQ(report.way[kToServer].sum.all_lost(), 0u);
  EXPECT_FALSE(report.equal());
}

TEST(Path, SynsThatNeverReachTheServer) {
  PathSimulator path;
  converse(path, 3);
  path.lose = [](const Segment& s, Way) { return test::is_syn(s); };
  converse(path, 5, 2, {.number = 10});
  path.lose = {};
  converse(path, 3, 4, {.number = 20});
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::ElementsAre("syn_lost >", "packets_lost >"));
  EXPECT_EQ(report.way[kToServer].syn_never_arrived, 5u);
  EXPECT_EQ(report.lone.size(), 5u);
}

TEST(Path, LossOfOneDirectionIsCountedExactly) {
  PathSimulator path;
  converse(path, 2);
  unsigned n = 0;
  path.lose = [&](const Segment& s, Way way) {
    return way == kToClient && s.payload > 0 && ++n % 10 == 3;
  };
  converse(path, 10, 2, {.number = 10, .response = 100'000});
  path.lose = {};
  converse(path, 2, 5, {.number = 50});
  const PathReport report = path.compare();
  // The acknowledgement of all bytes lets the lost ones count as "captured not, but arrived", which
  // is what the simulated receiver claims; the count is the truth.
  EXPECT_EQ(report.way[kToClient].sum.unseen_at_target, path.lost);
  EXPECT_EQ(report.way[kToClient].sum.lost[kData], 0u);
  EXPECT_EQ(report.way[kToServer].sum.all_lost(), 0u);
}

TEST(Path, RetransmissionsShowWhatWasLost) {
  PathSimulator path;
  converse(path, 2);
  const Conversation c{.number = 70};
  const std::uint32_t a = PathSimulator::isn(c, kOrig) + 1, b = PathSimulator::isn(c, kResp) + 1;
  path.converse({.start = 2, .number = 70, .request = 0, .response = 0});
  path.lose = [&, n = 0](const Segment& s, Way) mutable { return s.payload > 0 && n++ < 2; };
  for (int i = 0; i < 3; ++i)  // of three transmissions, two are lost
    path.send(2.2 + i * 0.2, kToServer, PathSimulator::segment(c, kOrig, kAck, a, b, 500));
  path.lose = {};
  path.send(2.9, kToClient, PathSimulator::segment(c, kResp, kAck, b, a + 500, 0));
  converse(path, 2, 4, {.number = 80});
  const PathReport report = path.compare();
  EXPECT_EQ(report.way[kToServer].sum.lost[kData], 2u);
  EXPECT_EQ(report.way[kToServer].sum.lost_bytes, 1000u);
  EXPECT_THAT(names_of(report), testing::ElementsAre("packets_lost >"));
}

TEST(Path, WhatTheCaptureMissedIsNotLost) {
  PathSimulator path;
  unsigned n = 0;
  path.miss = [&](const Segment& s, Point point) {
    return point == kServer && s.payload > 0 && s.tuple.resp.port == 443 && ++n % 4 == 0;
  };
  converse(path, 30, 1, {.request = 20'000});
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::IsEmpty());
  EXPECT_GT(report.way[kToServer].sum.unseen_at_target, 50u);
  EXPECT_THAT(notes_of(report)[0].text, testing::HasSubstr("captured not, but arrived"));
}

TEST(Path, InjectedRst) {
  PathSimulator path;
  converse(path, 3);
  for (std::uint16_t number = 10; number < 13; ++number) {
    const Conversation c{.start = 2.0 + number * 0.01, .number = number};
    path.converse(c);
    Segment rst = PathSimulator::segment(c, kResp, kRst, PathSimulator::isn(c, kResp) + 1, 0, 0);
    rst.ttl = 52;
    path.inject(c.start + 0.03, kToClient, rst);
  }
  converse(path, 3, 4, {.number = 20});
  const PathReport report = path.compare();
  const auto findings = findings_of(report, Zone::Utc);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(
      findings[0].text,
      "3 RSTs reached the client that the server never sent, in 3 connections, all to "
      "192.0.2.2:443: injected on "
      "the way. In all the TTL differs from that of the server's own packets, as 52 from 63.");
}

TEST(Path, AFirewallThatRefusesSynsInTheNameOfTheServer) {
  PathSimulator path;
  converse(path, 3);
  path.lose = [](const Segment& s, Way) { return test::is_syn(s); };
  for (std::uint16_t number = 10; number < 12; ++number) {
    const Conversation c{.start = 2.0 + number * 0.01, .number = number};
    path.converse(c);
    Segment rst =
        PathSimulator::segment(c, kResp, kRst | kAck, 0, PathSimulator::isn(c, kOrig) + 1, 0);
    rst.ttl = 64;
    path.inject(c.start + 0.001, kToClient, rst);
  }
  path.lose = {};
  converse(path, 3, 4, {.number = 20});
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report),
              testing::ElementsAre("syn_lost >", "rst_injected <", "packets_lost >"));
  const auto findings = findings_of(report, Zone::Utc);
  EXPECT_EQ(findings.at(1).text,
            "2 RSTs reached the client that the server never sent, in 2 connections, all to "
            "192.0.2.2:443: injected on the way. In all the TTL differs from that of the server's "
            "own packets, as 64 from 63.");
  EXPECT_EQ(report.way[kToServer].sum.lost[kSynSegment], 2u);
  ASSERT_EQ(report.lone.size(), 2u);
  EXPECT_EQ(report.lone[0].reason, LoneReason::SynLost);
  EXPECT_EQ(summary_of(report.lone[0]), "SYN lost, RST injected");
}

TEST(Path, ADeviceThatAnswersSynsAndLosesThem) {
  PathSimulator path;
  converse(path, 3);
  path.lose = [](const Segment&, Way way) { return way == kToServer; };
  const Conversation c{.number = 10};
  const std::uint32_t a = PathSimulator::isn(c, kOrig), b = PathSimulator::isn(c, kResp);
  path.send(2, kToServer, PathSimulator::segment(c, kOrig, kSyn, a, 0, 0));
  path.inject(2.001, kToClient, PathSimulator::segment(c, kResp, kSyn | kAck, b, a + 1, 0));
  path.send(2.002, kToServer, PathSimulator::segment(c, kOrig, kAck, a + 1, b + 1, 0));
  path.lose = {};
  converse(path, 3, 4, {.number = 20});
  EXPECT_THAT(names_of(path.compare()),
              testing::ElementsAre("syn_lost >", "syn_ack_injected <", "packets_lost >"));
  // With data, it went on, perhaps with the server.
  path.lose = [](const Segment&, Way way) { return way == kToServer; };
  path.send(2.003, kToServer, PathSimulator::segment(c, kOrig, kAck, a + 1, b + 1, 100));
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::ElementsAre("seen_once"));
  EXPECT_EQ(summary_of(report.lone.at(0)), "only in this capture");
}

TEST(Path, MssClamping) {
  PathSimulator path;
  path.rewrite = [](Segment& s, Way) {
    if ((s.flags & kSyn) != 0) s.mss = 1200;
  };
  converse(path, 4);
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::ElementsAre("mss"));
  EXPECT_EQ(report.rewritten[5].connections, 4u) << "not once for each SYN";
  EXPECT_EQ(report.rewritten[5].from, "1460");
  EXPECT_EQ(report.rewritten[5].to, "1200");
}

TEST(Path, SegmentationOffloadIsNoDifference) {
  PathSimulator path;
  path.offloaded_size = 28'960;
  converse(path, 10, 1, {.request = 50'000, .response = 200'000});
  PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::IsEmpty());
  EXPECT_EQ(report.way[kToClient].sum.unseen_at_target, 0u);
  EXPECT_EQ(report.way[kToClient].sum.unseen_at_source, 0u);
  // Packets of such a segment that are lost are still found.
  unsigned n = 0;
  path.lose = [&](const Segment& s, Way way) {
    return way == kToClient && s.payload > 0 && ++n % 50 == 7;
  };
  converse(path, 10, 3, {.number = 100, .response = 200'000});
  path.lose = {};
  converse(path, 1, 9, {.number = 200});
  report = path.compare();
  EXPECT_EQ(report.way[kToClient].sum.unseen_at_target, path.lost);
}

TEST(Path, ClockOffsetAndDrift) {
  PathSimulator path;
  path.offset = 3 * 3600 + 7;
  path.drift_ppm = 50;
  path.delay = {0.010, 0.012};
  converse(path, 2000);  // 100 s
  const PathReport report = path.compare();
  EXPECT_EQ(report.clock.basis, ClockBasis::BothWays);
  EXPECT_NEAR(report.clock.drift_ppm, 50, 0.5);
  const double at_reference = path.offset + 1.0 * 50e-6;
  EXPECT_NEAR(static_cast<double>(report.clock.offset.count()) / 1e9, at_reference,
              static_cast<double>(report.clock.bound.count()) / 1e9);
  EXPECT_NEAR(ms(report.clock.bound), 11, 0.2);
  EXPECT_NEAR(ms(report.delay[kToServer].p50), 11, 0.2) << "the mean of both ways";
  EXPECT_TRUE(report.equal());
}

TEST(Path, ADelayThatChangesIsNoDrift) {
  PathSimulator path;
  converse(path, 600);
  path.delay[kToServer] = 0.030;
  converse(path, 600, 31, {.number = 1000});
  const PathReport report = path.compare();
  EXPECT_EQ(report.clock.drift_ppm, 0);
  EXPECT_THAT(names_of(report), testing::ElementsAre("delay_changed >"));
  ASSERT_TRUE(report.change[kToServer]);
  EXPECT_NEAR(ms(report.change[kToServer]->before), 10, 0.1);
  EXPECT_NEAR(ms(report.change[kToServer]->after), 30, 0.1);
  EXPECT_NEAR(
      static_cast<double>((report.change[kToServer]->when - test::kPathBegin).count()) / 1e9, 31,
      3);
}

TEST(Path, OneDirectionOnly) {
  PathSimulator path;
  path.offset = -20;
  path.miss = [](const Segment& s, Point point) {
    return point == kServer && s.tuple.orig.port == 443;
  };
  converse(path, 10);
  PathReport report = path.compare();
  EXPECT_EQ(report.clock.basis, ClockBasis::OneWay);
  EXPECT_EQ(report.clock.only, kToServer);
  EXPECT_EQ(report.one_way[kServer], 10u);
  EXPECT_THAT(names_of(report), testing::IsEmpty());
  EXPECT_THAT(clock_sentence(report), testing::HasSubstr("cannot be separated"));
}

TEST(Path, TheWayBackOfSomeConnectionsIsAnother) {
  PathSimulator path;
  path.miss = [](const Segment& s, Point point) {
    return point == kServer && s.tuple.orig.port == 443 && s.tuple.resp.port % 2 == 0;
  };
  converse(path, 10);
  const PathReport report = path.compare();
  EXPECT_EQ(report.one_way[kServer], 5u);
  EXPECT_THAT(names_of(report), testing::IsEmpty());
}

TEST(Path, OnlyTheOverlapIsJudged) {
  PathSimulator path;
  path.offset = 60;
  double begin = 0, end = 3;
  path.miss = [&](const Segment& s, Point point) { return point == kServer && s.seq == 0; };
  converse(path, 100);  // 5 s
  auto& server = path.seen[kServer];
  const auto clock = [&](double s) {
    return test::kPathBegin + Duration{static_cast<std::int64_t>((s + path.offset) * 1e9)};
  };
  begin = 2;
  std::erase_if(server,
                [&](const Segment& s) { return s.time < clock(begin) || s.time > clock(end); });
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::IsEmpty());
  EXPECT_GT(report.outside[kClient], 40u);
  EXPECT_FALSE(path.compare({.whole = true}).equal());
}

TEST(Path, ControlPacketsOnly) {
  PathSimulator path;
  path.lose = [](const Segment& s, Way way) { return way == kToClient && (s.flags & kFin) != 0; };
  converse(path, 5);
  path.lose = {};
  converse(path, 2, 2, {.number = 30});
  for (auto& seen : path.seen)
    std::erase_if(seen, [](const Segment& s) { return (s.flags & kControlFlags) == 0; });
  const PathReport report = path.compare();
  EXPECT_TRUE(report.control_only[kClient]);
  EXPECT_EQ(report.way[kToClient].sum.lost[kFinSegment], 5u);
  EXPECT_EQ(report.way[kToClient].sum.all_lost(), 5u);
}

TEST(Path, ConnectionsOpenedFromTheServersSide) {
  PathSimulator path;
  converse(path, 5);
  path.lose = [](const Segment& s, Way way) { return way == kToServer && test::is_syn_ack(s); };
  converse(path, 3, 2, {.number = 30, .from_server = true});
  path.lose = {};
  converse(path, 5, 3, {.number = 50});
  const PathReport report = path.compare();
  EXPECT_EQ(report.way[kToServer].syn_ack_never_arrived, 3u);
  EXPECT_EQ(report.swapped, 3u);
}

TEST(Path, TheBoundEndsTheComparison) {
  PathSimulator path;
  converse(path, 100);
  Trace client = path.trace(kClient, 500), server = path.trace(kServer);
  PathReport report = compare_path(client, server, {});
  report.file = {"client.pcap", "server.pcap"};
  EXPECT_TRUE(report.full[kClient]);
  EXPECT_EQ(report.segments[kClient], 500u);
  EXPECT_THAT(names_of(report), testing::IsEmpty());
}

TEST(Path, DataInASynIsNoLoss) {
  PathSimulator path;
  converse(path, 2);
  const Conversation c{.number = 70};
  const std::uint32_t a = PathSimulator::isn(c, kOrig), b = PathSimulator::isn(c, kResp);
  path.send(2, kToServer, PathSimulator::segment(c, kOrig, kSyn, a, 0, 100));
  path.send(2.02, kToClient, PathSimulator::segment(c, kResp, kSyn | kAck, b, a + 1, 0));
  // The responder did not take the data, so it is sent again.
  path.send(2.04, kToServer, PathSimulator::segment(c, kOrig, kAck, a + 1, b + 1, 100));
  path.send(2.06, kToClient, PathSimulator::segment(c, kResp, kAck, b + 1, a + 101, 0));
  converse(path, 2, 4, {.number = 80});
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::IsEmpty());
  EXPECT_EQ(report.way[kToServer].sum.unseen_at_target, 0u);
}

TEST(Path, MarksDuplicatesAndDisorder) {
  PathSimulator path;
  converse(path, 2);
  const Conversation c{.number = 70};
  const std::uint32_t a = PathSimulator::isn(c, kOrig) + 1, b = PathSimulator::isn(c, kResp) + 1;
  path.converse({.start = 2, .number = 70, .request = 0, .response = 0});
  Segment first = PathSimulator::segment(c, kOrig, kAck, a, b, 100);
  Segment second = PathSimulator::segment(c, kOrig, kAck, a + 100, b, 100);
  first.tos = second.tos = 46 << 2;
  path.send(2.3, kToServer, first);
  path.delay[kToServer] = 0.005;
  path.rewrite = [](Segment& s, Way) { s.tos = 3; };
  path.send(2.301, kToServer, second);
  path.rewrite = {};
  const Segment third = PathSimulator::segment(c, kOrig, kAck, a + 200, b, 100);
  path.send(2.5, kToServer, third);
  path.inject(2.505, kToServer, third);  // again
  path.delay[kToServer] = 0.010;
  converse(path, 2, 4, {.number = 80});
  const PathReport report = path.compare();
  EXPECT_THAT(names_of(report), testing::ElementsAre("reordered >", "duplicated >", "dscp"));
  EXPECT_EQ(report.way[kToServer].sum.ce_marks, 1u);
}

}  // namespace
}  // namespace synfin
