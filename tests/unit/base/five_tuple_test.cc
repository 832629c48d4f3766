/// \file
/// Tests of include/synfin/base/five_tuple.h.
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

TEST(ConnectionKey, TellsEverythingElseApart) {
  const ConnectionKey key = ConnectionKey::of({endpoint(1, 40000), endpoint(2, 80)});
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 40001), endpoint(2, 80)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 40000), endpoint(2, 81)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(1, 80), endpoint(2, 40000)}));
  EXPECT_NE(key, ConnectionKey::of({endpoint(3, 40000), endpoint(2, 80)}));
}

}  // namespace
}  // namespace synfin
