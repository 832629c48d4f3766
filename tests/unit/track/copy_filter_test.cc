// CopyFilter: copies on one interface and on several, and packets that only resemble one.
#include "track/copy_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <random>

#include "support/lab.h"

namespace synfin::test {
namespace {

using std::chrono::milliseconds;

Segment syn() {
  Segment s = segment({1.0, '>', "S", 1000});
  s.ip_id = 77;
  return s;
}

/// Whether `change` of a packet that was seen before on interface 0 is taken for a copy.
bool copied(const std::function<void(Segment&)>& change, bool across_sources = false) {
  const auto filter = std::make_unique<CopyFilter>(across_sources);
  EXPECT_FALSE(filter->is_copy(syn(), 7));
  Segment second = syn();
  second.interface = 1;
  change(second);
  return filter->is_copy(second, 7);
}

TEST(CopyFilter, TheSamePacketWithinTheWindow) {
  EXPECT_TRUE(copied([](Segment&) {}));
  EXPECT_TRUE(copied([](Segment& s) { s.ttl = 3; })) << "a router changes it";
  EXPECT_TRUE(copied([](Segment& s) { s.time += CopyFilter::kWindow; }));
  EXPECT_TRUE(copied([](Segment& s) { s.time -= CopyFilter::kWindow; })) << "order is not sure";
  EXPECT_FALSE(copied([](Segment& s) { s.time += CopyFilter::kWindow + Duration{1}; }));
  EXPECT_FALSE(copied([](Segment& s) { s.time -= CopyFilter::kWindow + Duration{1}; }));
  EXPECT_TRUE(copied([](Segment& s) { s.interface = 0; })) << "a mirror port";
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

/// True if a packet without IP identification counts as a copy on the same interface.
bool copied_without_id(std::uint16_t flags, std::uint32_t payload, Duration later,
                       std::uint16_t checksum_change = 0, bool proven = false) {
  CopyFilter filter(false);
  Segment first = syn();
  first.ip_id = 0;
  if (proven) {
    EXPECT_FALSE(filter.is_copy(first, 1));
    EXPECT_TRUE(filter.is_copy(first, 1));
  }
  first.flags = flags;
  first.payload = payload;
  EXPECT_FALSE(filter.is_copy(first, 1));
  first.time += later;
  first.checksum = static_cast<std::uint16_t>(first.checksum + checksum_change);
  return filter.is_copy(first, 1);
}

TEST(CopyFilter, OnlyPacketsWithTheSameNumbersAreCompared) {
  const auto filter = std::make_unique<CopyFilter>(false);
  Segment other = syn();
  other.interface = 1;  // so that the filter never becomes idle
  EXPECT_FALSE(filter->is_copy(other, 8));
  for (std::uint32_t i = 0; i < 1000; ++i) {
    Segment s = syn();
    s.ip_id = static_cast<std::uint16_t>(i + 1);
    s.seq = 5000 + i;
    EXPECT_FALSE(filter->is_copy(s, 7));
    EXPECT_TRUE(filter->is_copy(s, 7));
  }
  EXPECT_EQ(filter->replaced_early(), 0u);
  for (std::uint16_t i = 0; i < 300; ++i) {  // equal but for their checksums
    Segment s = syn();
    s.ip_id = 0;
    s.checksum = i;
    EXPECT_FALSE(filter->is_copy(s, 7));
  }
  EXPECT_GT(filter->replaced_early(), 0u);
}

TEST(CopyFilter, WithoutAnIdDecidesByChecksumTimeAndContent) {
  constexpr Duration kSoon = std::chrono::microseconds{20};
  EXPECT_TRUE(copied_without_id(kSyn, 0, kSoon));
  EXPECT_TRUE(copied_without_id(kAck, 100, kSoon));
  EXPECT_FALSE(copied_without_id(kAck, 100, kSoon, 1)) << "other bytes";
  EXPECT_FALSE(copied_without_id(kAck, 100, milliseconds{2})) << "a retransmission";
  EXPECT_FALSE(copied_without_id(kAck, 0, kSoon)) << "a duplicate acknowledgement";
  EXPECT_TRUE(copied_without_id(kAck, 0, kSoon, 0, true)) << "in a capture with copies";
}

/// True if the last of `packets` counts as a copy if it repeats after `later`. All of them have one
/// IP identification.
bool repeated_with_constant_id(int packets, Duration later) {
  CopyFilter filter(false);
  Segment s = syn();
  for (int i = 0; i < packets; ++i) {
    ++s.seq;
    EXPECT_FALSE(filter.is_copy(s, 1));
  }
  s.time += later;
  return filter.is_copy(s, 1);
}

TEST(CopyFilter, AConstantIdIdentifiesNoPacket) {
  constexpr Duration kSoon = std::chrono::microseconds{20};
  EXPECT_TRUE(repeated_with_constant_id(2, milliseconds{2})) << "two hosts may count alike";
  EXPECT_FALSE(repeated_with_constant_id(3, milliseconds{2})) << "sent twice";
  EXPECT_TRUE(repeated_with_constant_id(3, kSoon));
}

TEST(CopyFilter, FindsEveryCopyAtAHighRate) {
  CopyFilter filter(false);
  Segment s = syn();
  constexpr std::uint32_t kLag = 500;  // 5 ms at 100,000 packets/s
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    s.seq = i;
    s.interface = 0;
    s.time = at(1) + Duration{i * 10'000};
    ASSERT_FALSE(filter.is_copy(s, i % 100));
    if (i < kLag) continue;
    s.seq = i - kLag;
    s.interface = 1;
    ASSERT_TRUE(filter.is_copy(s, s.seq % 100)) << i;
  }
  EXPECT_EQ(filter.replaced_early(), 0u);
}

TEST(CopyFilter, ComparesSourcesOnlyIfRequested) {
  const auto other_file = [](Segment& s) { s.source = 1, s.interface = 0; };
  EXPECT_FALSE(copied(other_file));
  EXPECT_TRUE(copied(other_file, true));
}

TEST(CopyFilter, RecognizesEachCopyOfOneOriginal) {
  const auto filter = std::make_unique<CopyFilter>(false);
  EXPECT_FALSE(filter->is_copy(syn(), 7));
  Segment copy = syn();
  for (copy.interface = 1; copy.interface < 5; ++copy.interface) {
    EXPECT_TRUE(filter->is_copy(copy, 7)) << copy.interface;
  }
}

TEST(CopyFilter, NoticesASecondInterfaceLate) {
  const auto filter = std::make_unique<CopyFilter>(false);
  Segment s = syn();
  for (int i = 0; i < 100'000; ++i, ++s.seq) ASSERT_FALSE(filter->is_copy(s, s.seq));
  ++s.seq;
  s.interface = 1;
  EXPECT_FALSE(filter->is_copy(s, s.seq)) << "its original was not seen";
  s.interface = 0;
  EXPECT_TRUE(filter->is_copy(s, s.seq));
}

TEST(CopyFilter, FindsTheSameCopiesAtEveryRate) {
  const auto filter = std::make_unique<CopyFilter>(false);
  std::deque<Segment> remembered;
  std::mt19937 random(7);
  Segment s = syn();
  unsigned copies = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    // Alternately 40 and thousands of packets in a window, so that the space grows in the middle of
    // it.
    s.time += std::chrono::nanoseconds(i / 2500 % 2 == 0 ? 250'000 : 1'700);
    while (!remembered.empty() && remembered.front().time < s.time - CopyFilter::kWindow)
      remembered.pop_front();
    Segment next = s;
    next.seq = i;
    next.ip_id = static_cast<std::uint16_t>(1 + i % 60'000);
    if (random() % 3 == 0 && !remembered.empty()) {
      next = remembered[random() % remembered.size()];
      next.time = s.time;
    }
    const bool expected =
        std::ranges::any_of(remembered, [&](const Segment& seen) { return seen.seq == next.seq; });
    ASSERT_EQ(filter->is_copy(next, next.seq % 11), expected) << i;
    if (!expected) remembered.push_back(next);
    copies += expected;
  }
  EXPECT_GT(copies, 3000u);
  EXPECT_EQ(filter->replaced_early(), 0u);
}

TEST(CopyFilter, TerminatesIfItsSpaceGrowsLate) {
  const auto filter = std::make_unique<CopyFilter>(false);
  Segment s = syn();
  for (unsigned i = 0; i < 60'000; ++i, ++s.seq) {
    // The rate doubles every 6000 packets: the space grows long after it was full.
    s.time += std::chrono::nanoseconds(64'000 >> (i / 6000));
    s.ip_id = static_cast<std::uint16_t>(1 + i % 65'000);
    ASSERT_FALSE(filter->is_copy(s, i * i % 13)) << i;
  }
}

TEST(CopyFilter, StopsWithoutCopiesUntilTheySeemToBegin) {
  const auto filter = std::make_unique<CopyFilter>(false);
  Segment s = syn();
  for (int i = 0; i < 100'000; ++i, ++s.seq) ASSERT_FALSE(filter->is_copy(s, s.seq));
  EXPECT_FALSE(filter->is_copy(s, s.seq));
  EXPECT_FALSE(filter->is_copy(s, s.seq)) << "not compared";
  for (std::uint64_t number : {1000, 2000, 3000, 4000, 5000}) filter->note_repeat(number);
  EXPECT_FALSE(filter->is_copy(s, s.seq))
      << "retransmissions far apart do not make it compare again";
  for (std::uint64_t number : {6000, 6010, 6020, 6030}) filter->note_repeat(number);
  EXPECT_FALSE(filter->is_copy(s, s.seq)) << "its original was not remembered";
  EXPECT_TRUE(filter->is_copy(s, s.seq));
}

TEST(CopyFilter, TheSmallestAndTheLargestTimeAreFarApart) {
  const auto filter = std::make_unique<CopyFilter>(false);
  Segment s = syn();
  s.time = Timestamp::min();
  EXPECT_FALSE(filter->is_copy(s, s.seq));
  s.interface = 1;
  s.time = Timestamp::max();
  EXPECT_FALSE(filter->is_copy(s, s.seq));
}

}  // namespace
}  // namespace synfin::test
