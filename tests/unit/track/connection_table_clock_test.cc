// The connection table and the clock: packet times that jump, fall back, or are absurd.
#include <gtest/gtest.h>

#include "support/lab.h"
#include "synfin/track/connection_table.h"

namespace synfin::test {
namespace {

FiveTuple clock_tuple(std::uint16_t port) {
  FiveTuple t = lab_tuple();
  t.orig.port = port;
  return t;
}

const std::vector<Row> kHandshakeForClock = {
    {0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}};

TEST(Clock, ASingleAbsurdJumpExpiresNothing) {
  Lab lab;
  lab.run(kHandshakeForClock);
  lab.run({{1e6, '>', "S", 7}}, clock_tuple(40001));
  lab.run({{0.3, '>', "PA", 1001, 5001, 10}});
  EXPECT_TRUE(lab.records().empty());
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
}

TEST(Clock, AnAbsurdTimeWithinAConnectionEndsNothing) {
  Lab lab;
  lab.run(kHandshakeForClock);
  lab.run({{3e8, '>', "PA", 1001, 5001, 20},
           {0.4, '<', "A", 5001, 1021},
           {0.5, '>', "FA", 1021, 5001},
           {0.6, '<', "FA", 5001, 1022}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.state, ConnState::SF);
  EXPECT_EQ(r.orig.bytes, 20u);
  EXPECT_EQ(r.last, at(0.6));
}

TEST(Clock, TheFirstPacketAfterALongSilenceIsNotLost) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.02, '<', "SA", 5000, 1001},
           {9000.0, '>', "FA", 1001, 5001},
           {9000.02, '<', "FA", 5001, 1002}});
  lab.drain();
  std::uint64_t packets = 0;
  for (const ConnectionRecord& r : lab.records()) packets += r.orig.packets + r.resp.packets;
  EXPECT_EQ(packets, 4u);
}

TEST(Clock, ASilenceOfHoursBelongsToTheConnection) {
  Lab lab;
  lab.run(kHandshakeForClock);
  lab.run({{5400.0, '<', "R", 5001}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.last, at(5400.0)) << "nothing else was in the capture meanwhile, nor afterwards";
  EXPECT_EQ(r.outcome, Outcome::Reset);
}

TEST(Clock, AfterItsTimeOutAConnectionIsAnotherOne) {
  Lab lab;
  lab.run(kHandshakeForClock);
  lab.run({{4 * 3600.0, '>', "FA", 1001, 5001},
           {4 * 3600.0 + 0.1, '<', "FA", 5001, 1002},
           {4 * 3600.0 + 0.2, '>', "A", 1002, 5002}});
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
  EXPECT_EQ(lab.records()[0].outcome, Outcome::Open);
  EXPECT_EQ(lab.records()[0].orig.packets, 2u);
  EXPECT_EQ(lab.records()[1].outcome, Outcome::Midstream);
  EXPECT_EQ(lab.records()[1].orig.packets, 2u);
  EXPECT_EQ(lab.records()[1].duration(), at(0.1) - at(0)) << "the last ACK follows the end";
}

TEST(Clock, AConfirmedJumpDoes) {
  Lab lab;
  lab.run(kHandshakeForClock);
  lab.run({{1e6, '>', "S", 7}, {1e6 + 1, '>', "S", 7}}, clock_tuple(40001));
  EXPECT_EQ(lab.records().size(), 1u);
}

TEST(Clock, StepsBackExpireNothingAndKeepThePacketsOwnTimes) {
  Lab lab;
  lab.run({{5000.0, '>', "S", 7}}, clock_tuple(40001));
  lab.run(
      {{1000.0, '>', "S", 1000}, {1000.1, '<', "SA", 5000, 1001}, {1000.2, '>', "A", 1001, 5001}});
  EXPECT_TRUE(lab.records().empty());
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
  EXPECT_EQ(lab.records()[0].first, at(1000.0));
  EXPECT_EQ(lab.records()[0].last, at(1000.2));
}

}  // namespace
}  // namespace synfin::test
