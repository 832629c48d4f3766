#include "path/trace.h"

#include <gtest/gtest.h>

#include "support/path_simulator.h"

namespace synfin {
namespace {

using test::Conversation;
using test::PathSimulator;

Segment at(double seconds, Segment s) {
  s.time = test::kPathBegin + Duration{static_cast<std::int64_t>(seconds * 1e9)};
  return s;
}

TEST(Trace, ANewInitialNumberBeginsAConnection) {
  const Conversation c;
  Trace trace(100, 1);
  trace.add(at(0, PathSimulator::segment(c, kOrig, kSyn, 1000, 0, 0)));
  trace.add(at(1, PathSimulator::segment(c, kOrig, kSyn, 1000, 0, 0)));
  EXPECT_EQ(trace.connections().size(), 1u);
  trace.add(at(2, PathSimulator::segment(c, kOrig, kSyn, 900'000, 0, 0)));
  trace.add(at(3, PathSimulator::segment(c, kResp, kSyn | kAck, 5, 900'001, 0)));
  ASSERT_EQ(trace.connections().size(), 2u);
  EXPECT_EQ(trace.connections()[1].before, 0u);
  trace.add(at(4, PathSimulator::segment(c, kOrig, kAck | kFin, 1001, 1, 0)));
  EXPECT_EQ(trace.connections()[0].segments(), 3u) << "a late segment of the first one";
  EXPECT_EQ(trace.latest_of(ConnectionKey::of(trace.connections()[0].tuple)), 1u);
}

TEST(Trace, TheSynAckProvesTheOriginator) {
  const Conversation c;
  Trace trace(100, 1);
  trace.add(at(0, PathSimulator::segment(c, kResp, kSyn | kAck, 5000, 1001, 0)));
  trace.add(at(1, PathSimulator::segment(c, kOrig, kSyn, 1000, 0, 0)));
  ASSERT_EQ(trace.connections().size(), 1u);
  EXPECT_EQ(trace.connections()[0].tuple.resp.port, 443);
  EXPECT_EQ(trace.connections()[0].view[kOrig].isn, 1000u);
  EXPECT_EQ(trace.connections()[0].view[kResp].isn, 5000u);
}

TEST(Trace, ASimultaneousOpenIsOneConnection) {
  const Conversation c;
  Trace trace(100, 1);
  trace.add(at(0, PathSimulator::segment(c, kOrig, kSyn, 1000, 0, 0)));
  trace.add(at(0.1, PathSimulator::segment(c, kResp, kSyn, 5000, 0, 0)));
  EXPECT_EQ(trace.connections().size(), 1u);
  trace.add(at(9, PathSimulator::segment(c, kResp, kSyn, 70'000, 0, 0)));
  EXPECT_EQ(trace.connections().size(), 2u);
}

TEST(Trace, FlipExchangesTheEnds) {
  const Conversation c;
  Trace trace(100, 1);
  trace.add(at(0, PathSimulator::segment(c, kOrig, kAck, 1, 2, 10)));
  trace.add(at(0, PathSimulator::segment(c, kResp, kAck, 2, 11, 20)));
  const FiveTuple before = trace.connections()[0].tuple;
  trace.flip(0);
  EXPECT_EQ(trace.connections()[0].tuple, before.reversed());
  EXPECT_EQ(trace.observations()[0].sender(), kResp);
  EXPECT_EQ(trace.observations()[1].sender(), kOrig);
  EXPECT_EQ(trace.connections()[0].view[kOrig].first_seq, 2u);
}

TEST(Trace, CopiesAreMarked) {
  const Conversation c;
  Trace trace(100, 1);
  const Segment s = PathSimulator::segment(c, kOrig, kAck, 1, 2, 10);
  trace.add(at(0, s));
  trace.add(at(0.002, s));
  trace.add(at(0.1, s));
  EXPECT_EQ(trace.copies(), 1u) << "the third is too late to be a copy";
  EXPECT_TRUE(trace.observations()[1].has(Observation::kIsCopy));
  EXPECT_FALSE(trace.observations()[2].has(Observation::kIsCopy));
  EXPECT_EQ(trace.observations()[1].tcp_flags(), kAck);
}

TEST(Trace, EndsAtItsBound) {
  const Conversation c;
  Trace trace(2, 1);
  EXPECT_TRUE(trace.add(at(0, PathSimulator::segment(c, kOrig, kSyn, 1, 0, 0))));
  EXPECT_TRUE(trace.add(at(1, PathSimulator::segment(c, kOrig, kSyn, 1, 0, 0))));
  EXPECT_FALSE(trace.full());
  trace.note_packet(test::kPathBegin);
  EXPECT_FALSE(trace.add(at(2, PathSimulator::segment(c, kOrig, kSyn, 1, 0, 0))));
  EXPECT_TRUE(trace.full());
  EXPECT_EQ(trace.observations().size(), 2u);
  EXPECT_EQ(trace.last(), at(2, {}).time);
}

}  // namespace
}  // namespace synfin
