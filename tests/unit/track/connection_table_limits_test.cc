// What repeats or overflows: half-open events, and more contexts than ids.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/lab.h"

namespace synfin::test {
namespace {

std::ptrdiff_t count(const Lab& lab, EventKind kind) {
  return std::ranges::count(lab.events(), kind, &Event::kind);
}

TEST(HalfOpen, IsAnnouncedAtThe1stThe10thAndThe100thRepetition) {
  for (const PacketScope scope : {PacketScope::All, PacketScope::Control}) {
    Lab lab({.scope = scope});
    lab.run({{0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}});
    EXPECT_EQ(count(lab, EventKind::HalfOpen), 0);
    for (int repeat = 1; repeat <= 100; ++repeat) {
      lab.run({{repeat * 1.0, '<', "SA", 5000, 1001}});
      const int expected = repeat < 10 ? 1 : repeat < 100 ? 2 : 3;
      ASSERT_EQ(count(lab, EventKind::HalfOpen), expected) << repeat;
    }
  }
}

/// The numbers of attempts that are ended as unanswered by attempts until `end`, one per second.
std::ptrdiff_t ended_after(Lab& lab, double begin, double end) {
  for (double at = begin; at < end; at += 1) {
    Segment s = segment({at, '>', "S", 1000});
    s.tuple.orig.port = static_cast<std::uint16_t>(20'000 + static_cast<int>(at - begin));
    lab.feed(s);
  }
  return count(lab, EventKind::Unanswered);
}

TEST(WrongTimes, DoNotDelayTheRecordsOfOthers) {
  Lab usual({.syn_timeout = std::chrono::seconds{10}});
  const std::ptrdiff_t expected = ended_after(usual, 1, 200);
  EXPECT_GT(expected, 150);
  Lab lab({.syn_timeout = std::chrono::seconds{10}});
  lab.feed(segment({1, '>', "S", 1000}));
  for (std::uint16_t i = 0; i < 5; ++i) {
    Segment ahead = segment({1e8 + i * 1e6, '>', "S", 1000});  // years
    ahead.tuple.orig.port = static_cast<std::uint16_t>(10'000 + i);
    lab.feed(ahead);
  }
  EXPECT_GE(ended_after(lab, 1, 200), expected - 10);
}

TEST(WrongTimes, AClockThatIsSetBackDelaysNoRecord) {
  Lab lab({.syn_timeout = std::chrono::seconds{10}});
  EXPECT_EQ(ended_after(lab, 1e6, 1e6 + 20), 10);
  EXPECT_GT(ended_after(lab, 1000, 1500), 350) << "the clock follows after a minute";
}

/// A SYN in one of many VXLAN networks.
Segment syn_in(std::uint32_t network) {
  Segment s = segment({1 + network * 0.01, '>', "S", 1000});
  s.encapsulation.tunnel = TunnelKind::Vxlan;
  s.encapsulation.tunnel_id = network;
  s.ip_id = static_cast<std::uint16_t>(network);
  return s;
}

TEST(Contexts, BeyondTheNumberOfIdsShareOne) {
  Lab lab({.max_connections = 40'000, .context_key = true});
  for (std::uint32_t network = 1; network <= 4094; ++network) lab.feed(syn_in(network));
  EXPECT_EQ(lab.table().counters().connections, 4094u);
  EXPECT_FALSE(lab.table().counters().contexts_shared);
  for (std::uint32_t network = 4095; network <= 5000; ++network) lab.feed(syn_in(network));
  EXPECT_EQ(lab.table().counters().connections, 4095u) << "the rest repeats one SYN";
  EXPECT_TRUE(lab.table().counters().contexts_shared);
  lab.feed(syn_in(7));
  EXPECT_EQ(lab.table().counters().connections, 4095u);
}

TEST(Contexts, BeyondTheNumberOfIdsAreEvicted) {
  Lab lab({.max_connections = 16, .context_key = true});
  for (std::uint32_t network = 1; network <= 6000; ++network) {
    Segment s = syn_in(network);
    s.tuple.orig.port = static_cast<std::uint16_t>(network);
    lab.feed(s);
  }
  lab.drain();
  EXPECT_EQ(lab.records().size(), 6000u);
  EXPECT_EQ(lab.table().counters().records, 6000u);
}

}  // namespace
}  // namespace synfin::test
