// CopyFilter: copies on another interface, and packets that only resemble one.
#include "track/copy_filter.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "support/lab.h"

namespace synfin::test {
namespace {

using std::chrono::milliseconds;

Segment syn() { return segment({1.0, '>', "S", 1000}); }

/// Whether `change` of a packet that was seen before on interface 0 is taken for a copy.
bool copied(const std::function<void(Segment&)>& change, bool across_sources = false) {
  const auto filter = std::make_unique<CopyFilter>(7, across_sources);
  EXPECT_FALSE(filter->is_copy(syn()));
  Segment second = syn();
  second.interface = 1;
  change(second);
  return filter->is_copy(second);
}

TEST(CopyFilter, TheSamePacketOnAnotherInterfaceWithinTheWindow) {
  EXPECT_TRUE(copied([](Segment&) {}));
  EXPECT_TRUE(copied([](Segment& s) { s.ttl = 3; })) << "a router changes it";
  EXPECT_TRUE(copied([](Segment& s) { s.time += CopyFilter::kWindow; }));
  EXPECT_TRUE(copied([](Segment& s) { s.time -= CopyFilter::kWindow; })) << "order is not sure";
  EXPECT_FALSE(copied([](Segment& s) { s.time += CopyFilter::kWindow + Duration{1}; }));
  EXPECT_FALSE(copied([](Segment& s) { s.time -= CopyFilter::kWindow + Duration{1}; }));
  EXPECT_FALSE(copied([](Segment& s) { s.interface = 0; })) << "a retransmission";
}

TEST(CopyFilter, EveryOtherDifferenceMakesItAnotherPacket) {
  EXPECT_FALSE(copied([](Segment& s) { ++s.seq; }));
  EXPECT_FALSE(copied([](Segment& s) { ++s.ack; }));
  EXPECT_FALSE(copied([](Segment& s) { s.flags |= kFin; }));
  EXPECT_FALSE(copied([](Segment& s) { ++s.payload; }));
  EXPECT_FALSE(copied([](Segment& s) { ++s.ip_id; }));
  EXPECT_FALSE(copied([](Segment& s) { ++s.tuple.orig.port; }));
  EXPECT_FALSE(copied([](Segment& s) { ++s.tuple.resp.port; }));
  EXPECT_FALSE(copied([](Segment& s) { std::swap(s.tuple.orig, s.tuple.resp); }));
  EXPECT_FALSE(copied([](Segment& s) { s.tuple.resp.address = *Address::parse("192.0.2.9"); }));
  EXPECT_FALSE(copied([](Segment& s) { s.kind = SegmentKind::IcmpError; }));
}

TEST(CopyFilter, ComparesSourcesOnlyIfRequested) {
  const auto other_file = [](Segment& s) { s.source = 1, s.interface = 0; };
  EXPECT_FALSE(copied(other_file));
  EXPECT_TRUE(copied(other_file, true));
}

TEST(CopyFilter, RecognizesEachCopyOfOneOriginal) {
  const auto filter = std::make_unique<CopyFilter>(7, false);
  EXPECT_FALSE(filter->is_copy(syn()));
  Segment copy = syn();
  for (copy.interface = 1; copy.interface < 5; ++copy.interface) {
    EXPECT_TRUE(filter->is_copy(copy)) << copy.interface;
  }
}

TEST(CopyFilter, NoticesASecondInterfaceLate) {
  const auto filter = std::make_unique<CopyFilter>(7, false);
  Segment s = syn();
  for (int i = 0; i < 100'000; ++i, ++s.seq) ASSERT_FALSE(filter->is_copy(s));
  ++s.seq;
  s.interface = 1;
  EXPECT_FALSE(filter->is_copy(s)) << "its original was not seen";
  s.interface = 0;
  EXPECT_TRUE(filter->is_copy(s));
}

TEST(CopyFilter, TheSmallestAndTheLargestTimeAreFarApart) {
  const auto filter = std::make_unique<CopyFilter>(7, false);
  Segment s = syn();
  s.time = Timestamp::min();
  EXPECT_FALSE(filter->is_copy(s));
  s.interface = 1;
  s.time = Timestamp::max();
  EXPECT_FALSE(filter->is_copy(s));
}

}  // namespace
}  // namespace synfin::test
