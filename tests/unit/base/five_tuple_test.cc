// FiveTuple keeps a direction, ConnectionKey drops it, and both tell transports apart.
#include "synfin/base/five_tuple.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

Endpoint endpoint(std::uint32_t v4, std::uint16_t port) { return {Address::from_v4(v4), port}; }

TEST(FiveTuple, ReversedSwapsTheEnds) {
  const FiveTuple t{endpoint(1, 40000), endpoint(2, 80)};
  EXPECT_EQ(t.reversed().orig, t.resp);
  EXPECT_EQ(t.reversed().resp, t.orig);
  EXPECT_EQ(t.reversed().reversed(), t);
  EXPECT_NE(t.reversed(), t);
}

TEST(ConnectionKey, IsTheSameForBothDirections) {
  const FiveTuple cases[] = {
      {endpoint(1, 40000), endpoint(2, 80)},
      {endpoint(2, 80), endpoint(1, 40000)},
      {endpoint(1, 5), endpoint(1, 6)},  // one host
      {endpoint(1, 5), endpoint(1, 5)},  // one socket, connected to itself
      {endpoint(1, 0xFFFF), {*Address::parse("2001:db8::1"), 1}},
  };
  for (const FiveTuple& t : cases) {
    const ConnectionKey key = ConnectionKey::of(t);
    EXPECT_EQ(key, ConnectionKey::of(t.reversed()));
    EXPECT_LE(key.low, key.high);
  }
}

TEST(FiveTuple, IsTcpUnlessStatedAndKeepsItsTransportWhenReversed) {
  FiveTuple t{endpoint(1, 40000), endpoint(2, 80)};
  EXPECT_EQ(t.transport, Transport::Tcp);
  t.transport = Transport::Udp;
  EXPECT_EQ(t.reversed().transport, Transport::Udp);
  EXPECT_EQ(ConnectionKey::of(t).transport, Transport::Udp);
}

TEST(Transport, HasItsProtocolNumberAndName) {
  EXPECT_EQ(protocol_number(Transport::Tcp), 6);
  EXPECT_EQ(protocol_number(Transport::Udp), 17);
  EXPECT_EQ(to_string(Transport::Tcp), "tcp");
  EXPECT_EQ(to_string(Transport::Udp), "udp");
}

TEST(ConnectionKey, DiffersWithEachOfItsParts) {
  const ConnectionKey key = ConnectionKey::of({endpoint(1, 40000), endpoint(2, 80)});
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 40001), endpoint(2, 80)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 40000), endpoint(2, 81)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 80), endpoint(2, 40000)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(3, 40000), endpoint(2, 80)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 40000), endpoint(2, 80), Transport::Udp}));
}

}  // namespace
}  // namespace synfin
