// Floods of forged packets must not evict real connections, and copies at a high rate must give the
// same events for any hash seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/lab.h"

namespace synfin::test {
namespace {

constexpr unsigned kQuiet = 100;
constexpr unsigned kForged = 20'000;

FiveTuple quiet_tuple(unsigned i) {
  FiveTuple tuple = lab_tuple();
  tuple.orig.address = Address::from_v4(0xC0000201 + i);
  return tuple;
}

/// A segment from a spoofed source to the server of the quiet connections.
Segment forged(std::uint16_t flags, unsigned i, std::mt19937& random) {
  Segment s = segment({10 + i * 0.0002, '>', "", static_cast<std::uint32_t>(random()), 0, 0});
  s.tuple.orig = {Address::from_v4(0x0B000000 + static_cast<std::uint32_t>(random() >> 8)),
                  static_cast<std::uint16_t>(1024 + random() % 60'000)};
  s.flags = flags;
  if ((flags & kAck) != 0) s.ack = static_cast<std::uint32_t>(random());
  if ((flags & kPsh) != 0) s.payload = 100;
  s.ip_length += s.payload;
  s.ip_id = static_cast<std::uint16_t>(i);
  return s;
}

class Flood : public testing::TestWithParam<std::tuple<PacketScope, std::uint16_t>> {};

TEST_P(Flood, EvictsNoQuietConnection) {
  const auto [scope, flags] = GetParam();
  if (scope == PacketScope::Control && (flags & kControlFlags) == 0)
    GTEST_SKIP() << "the kernel does not pass these packets";
  std::mt19937 random(5);
  Lab lab({.max_connections = 1000, .scope = scope});
  for (unsigned i = 0; i < kQuiet; ++i) {
    lab.run({{i * 0.01, '>', "S", 1000},
             {i * 0.01 + 0.001, '<', "SA", 5000, 1001},
             {i * 0.01 + 0.002, '>', "A", 1001, 5001}},
            quiet_tuple(i));
  }
  for (unsigned i = 0; i < kForged; ++i) lab.feed(forged(flags, i, random));
  for (unsigned i = 0; i < kQuiet; ++i) {
    lab.run({{100 + i * 0.01, '>', "FA", 1001 + i, 5001},
             {100 + i * 0.01 + 0.001, '<', "FA", 5001, 1002 + i},
             {100 + i * 0.01 + 0.002, '>', "A", 1002 + i, 5002}},
            quiet_tuple(i));
  }
  lab.drain();
  unsigned closed = 0;
  for (const ConnectionRecord& r : lab.records()) {
    if (r.tuple.orig.port != lab_tuple().orig.port || r.state != ConnState::SF) continue;
    EXPECT_FALSE(r.evicted);
    closed += r.first < at(2);
  }
  EXPECT_EQ(closed, kQuiet);
  EXPECT_GE(lab.table().counters().connections, kQuiet + kForged);
}

/// Each forged SYN has an acknowledgement behind it, as in a capture of one direction.
TEST(FloodOfOneDirection, EvictsNoQuietConnection) {
  std::mt19937 random(5);
  Lab lab({.max_connections = 1000});
  for (unsigned i = 0; i < kQuiet; ++i) {
    lab.run({{i * 0.01, '>', "S", 1000},
             {i * 0.01 + 0.001, '<', "SA", 5000, 1001},
             {i * 0.01 + 0.002, '>', "A", 1001, 5001}},
            quiet_tuple(i));
  }
  for (unsigned i = 0; i < kForged; ++i) {
    Segment s = forged(kSyn, i, random);
    lab.feed(s);
    s.flags = kAck;
    ++s.seq;
    s.ack = static_cast<std::uint32_t>(random());
    lab.feed(s);
  }
  lab.drain();
  for (const ConnectionRecord& r : lab.records())
    EXPECT_FALSE(r.evicted && r.first < at(2)) << r.tuple.orig.address.to_string();
}

INSTANTIATE_TEST_SUITE_P(Flags, Flood,
                         testing::Combine(testing::Values(PacketScope::All, PacketScope::Control),
                                          testing::Values<std::uint16_t>(kSyn, kSyn | kAck, kAck,
                                                                         kAck | kPsh, kFin | kAck,
                                                                         kRst, kFin)));

/// The events of 2,000 connections on two interfaces, the second 5 ms later, at 100,000 packets/s.
std::string events_of_copies(std::uint64_t seed, std::uint64_t& copies) {
  std::vector<Segment> segments;
  for (unsigned i = 0; i < 2000; ++i) {
    const FiveTuple tuple = quiet_tuple(i);
    for (const Row& row :
         {Row{0, '>', "S", 1000}, Row{0, '<', "SA", 5000, 1001}, Row{0, '>', "A", 1001, 5001},
          Row{0, '>', "FA", 1001, 5001}, Row{0, '<', "FA", 5001, 1002}}) {
      segments.push_back(segment(row, tuple));
      segments.back().ip_id = static_cast<std::uint16_t>(segments.size() % 7);
    }
  }
  std::vector<Segment> arrivals;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    segments[i].time = kBegin + Duration{i * 10'000};
    arrivals.push_back(segments[i]);
    arrivals.push_back(segments[i]);
    arrivals.back().interface = 1;
    arrivals.back().ttl -= 1;
    arrivals.back().time += std::chrono::milliseconds{5} + Duration{i * 37 % 9000};
  }
  std::ranges::stable_sort(arrivals, {}, &Segment::time);
  Lab lab({.max_connections = 4096, .seed = seed});
  for (const Segment& s : arrivals) lab.feed(s);
  lab.drain();
  copies = lab.table().counters().copies;
  std::string text;
  for (const Event& e : lab.events()) {
    text += std::string{to_string(e.kind)} + ' ' + std::to_string(to_ns(e.time)) + ' ' +
            e.connection.tuple.orig.address.to_string() + ' ' +
            std::string{e.connection.history.view()} + '\n';
  }
  return text;
}

TEST(CopiesAtAHighRate, GiveTheSameEventsForAnySeed) {
  std::uint64_t copies = 0;
  const std::string first = events_of_copies(1, copies);
  EXPECT_EQ(copies, 10'000u);
  EXPECT_EQ(first.find("RETRY"), std::string::npos);
  EXPECT_EQ(first.find("HALF_OPEN"), std::string::npos);
  for (std::uint64_t seed = 2; seed < 20; ++seed) {
    EXPECT_EQ(events_of_copies(seed, copies) == first, true) << "seed " << seed;
    EXPECT_EQ(copies, 10'000u);
  }
}

}  // namespace
}  // namespace synfin::test
