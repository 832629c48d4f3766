#include "path/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/path_simulator.h"

namespace synfin {
namespace {

using test::converse;
using test::names_of;
using test::PathSimulator;

TEST(PathMatch, Nat44) {
  PathSimulator path;
  path.rewrite = [](Segment& s, Way way) {
    Endpoint& client = way == kToServer ? s.tuple.orig : s.tuple.resp;
    client.address = Address::from_v4(0xC6336401);  // many hosts behind one address
    client.port = static_cast<std::uint16_t>(client.port + 1000);
  };
  converse(path, 40);
  const PathReport report = path.compare();
  EXPECT_EQ(report.pairs[1], 40u);
  EXPECT_THAT(names_of(report), testing::ElementsAre("orig_address", "orig_port"));
  EXPECT_EQ(report.rewritten[0].to, "198.51.100.1");
}

TEST(PathMatch, ManyClientsBehindOneAddress) {
  PathSimulator path;
  const auto behind_nat = [](std::uint16_t port) {
    return [port](Segment& s, Way way) {
      Endpoint& client = way == kToServer ? s.tuple.orig : s.tuple.resp;
      client = {Address::from_v4(0xC6336401), static_cast<std::uint16_t>(client.port + port)};
    };
  };
  path.rewrite = behind_nat(1000);
  converse(path, 20);
  path.rewrite = behind_nat(7000);
  path.miss = [](const Segment&, Point point) { return point == kClient; };  // another host's
  converse(path, 20, 1.02, {.number = 500});
  const PathReport report = path.compare();
  EXPECT_EQ(report.pairs[1], 20u);
  EXPECT_EQ(report.behind_nat[kServer] + report.outside[kServer], 20u);
  EXPECT_TRUE(report.lone.empty());
}

void renumber(Segment& s, Way way) {
  (way == kToServer ? s.seq : s.ack) += 12'345;
  if (way == kToServer ? (s.flags & kAck) != 0 : true)
    (way == kToServer ? s.ack : s.seq) += 0xABCDEF00;
}

TEST(PathMatch, RewrittenSequenceNumbers) {
  PathSimulator path;
  path.rewrite = renumber;
  converse(path, 10);
  const PathReport report = path.compare();
  EXPECT_EQ(report.pairs[2], 10u);
  EXPECT_THAT(names_of(report), testing::ElementsAre("sequence_numbers"));
  EXPECT_EQ(report.way[kToServer].sum.all_lost(), 0u);
}

TEST(PathMatch, RewrittenSequenceNumbersBehindNat) {
  PathSimulator path;
  path.offset = 500;
  path.rewrite = [](Segment& s, Way way) {
    renumber(s, way);
    (way == kToServer ? s.tuple.orig : s.tuple.resp).address = Address::from_v4(0xC6336401);
    (way == kToServer ? s.tuple.orig : s.tuple.resp).port ^= 0x4000;
  };
  for (std::uint16_t n = 0; n < 12; ++n)
    path.converse({.start = 1 + n * n * 0.17, .number = n, .response = 1000u + n % 3 * 500});
  EXPECT_EQ(path.compare().pairs[2], 12u);
  // Without anything that tells them apart, nothing is paired.
  PathSimulator same;
  same.rewrite = path.rewrite;
  for (std::uint16_t n = 0; n < 12; ++n) same.converse({.start = 1 + n * 0.01, .number = n});
  const PathReport report = same.compare();
  EXPECT_EQ(report.paired(), 0u);
  EXPECT_EQ(report.ambiguous, 12u) << "each is counted once";
  EXPECT_TRUE(report.lone.empty()) << "they are not missing";
  EXPECT_FALSE(report.compared());
}

TEST(PathMatch, EqualInitialNumbersBehindNat) {
  PathSimulator path;
  for (std::uint16_t n = 0; n < 5; ++n) {
    const test::Conversation conversation{.start = 1 + n * 0.01, .number = n};
    path.rewrite = [&](Segment& s, Way way) {
      (way == kToServer ? s.tuple.orig : s.tuple.resp).address = Address::from_v4(0xC6336401);
    };
    path.converse(conversation);
  }
  for (std::vector<Segment>& seen : path.seen) {
    for (Segment& s : seen) {
      const bool from_client = s.tuple.resp.port == 443;
      const std::uint16_t port = from_client ? s.tuple.orig.port : s.tuple.resp.port;
      for (std::uint16_t n = 0; n < 5; ++n) {
        const test::Conversation c{.number = n};
        if (PathSimulator::segment(c, kOrig, 0, 0, 0, 0).tuple.orig.port != port) continue;
        s.seq -= PathSimulator::isn(c, from_client ? kOrig : kResp);
        if ((s.flags & kAck) != 0) s.ack -= PathSimulator::isn(c, from_client ? kResp : kOrig);
      }
    }
  }
  const PathReport report = path.compare();
  EXPECT_EQ(report.paired(), 0u);
  EXPECT_EQ(report.ambiguous, 5u);
  EXPECT_TRUE(report.lone.empty());
}

}  // namespace
}  // namespace synfin
