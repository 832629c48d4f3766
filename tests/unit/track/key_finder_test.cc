// The key of a segment: the same hash for both directions, and the end that sent it.
#include <gtest/gtest.h>

#include "synfin/track/connection_table.h"

namespace synfin {
namespace {

Endpoint endpoint(const char* address, std::uint16_t port) {
  return {*Address::parse(address), port};
}

SegmentKey key_of(const FiveTuple& tuple, bool context_key = false, std::uint16_t vlan = 0) {
  Segment segment;
  segment.tuple = tuple;
  segment.encapsulation.vlan = vlan & 0xFFFu;
  SegmentKey key;
  KeyFinder({.context_key = context_key, .seed = 7}).find(segment, key);
  return key;
}

TEST(KeyFinder, FindsTheSenderByTheOrderOfTheKey) {
  const FiveTuple tuples[] = {
      {endpoint("192.0.2.1", 40000), endpoint("192.0.2.2", 80)},
      {endpoint("192.0.2.1", 40000), endpoint("2001:db8::1", 80)},
      {endpoint("2001:db8::ffff", 1), endpoint("2001:db8:0:1::", 2)},
      {endpoint("2001:db8::1", 1), endpoint("2001:db8::2", 1)},
      {endpoint("192.0.2.1", 5), endpoint("192.0.2.1", 6)},
  };
  for (const FiveTuple& t : tuples) {
    EXPECT_EQ(ConnectionKey::of(t).low, t.orig);
    EXPECT_EQ(key_of(t).sender, 0u);
    EXPECT_EQ(key_of(t.reversed()).sender, 1u);
    EXPECT_EQ(key_of(t).hash, key_of(t.reversed()).hash);
  }
  const Endpoint self = endpoint("192.0.2.1", 5);
  EXPECT_EQ(key_of({self, self}).sender, 0u) << "a socket connected to itself";
}

TEST(KeyFinder, TheTransportIsPartOfTheKey) {
  FiveTuple t{endpoint("192.0.2.1", 40000), endpoint("192.0.2.2", 80)};
  const std::uint64_t tcp = key_of(t).hash;
  t.transport = Transport::Udp;
  EXPECT_NE(key_of(t).hash, tcp);
}

TEST(KeyFinder, TheContextIsPartOfTheKeyIfRequested) {
  const FiveTuple t{endpoint("192.0.2.1", 40000), endpoint("192.0.2.2", 80)};
  EXPECT_EQ(key_of(t, false, 1).hash, key_of(t, false, 2).hash);
  EXPECT_NE(key_of(t, true, 1).hash, key_of(t, true, 2).hash);
}

}  // namespace
}  // namespace synfin
