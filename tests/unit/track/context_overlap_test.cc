#include "track/context_overlap.h"

#include <gtest/gtest.h>

#include "support/lab.h"

namespace synfin {
namespace {

using namespace test;

Segment in_vni(double seconds, char direction, std::uint32_t vni) {
  Segment s = segment({seconds, direction, "S", 1000});
  s.encapsulation = {.tunnel_id = vni, .tunnel = TunnelKind::Vxlan};
  return s;
}

TEST(ContextOverlap, IsASecondContextOfTheSameDirectionWithinASecond) {
  ContextOverlap overlap;
  EXPECT_FALSE(overlap.is_overlap(in_vni(0, '>', 11)));
  EXPECT_FALSE(overlap.is_overlap(in_vni(0.1, '<', 22))) << "the other direction";
  EXPECT_FALSE(overlap.is_overlap(in_vni(0.2, '>', 11)));
  EXPECT_TRUE(overlap.is_overlap(in_vni(0.3, '>', 22)));
  EXPECT_FALSE(overlap.is_overlap(in_vni(1.3, '>', 11))) << "a second later";
}

TEST(ContextOf, LeavesOutIdsThatDifferByDirection) {
  EXPECT_NE(context_of({.tunnel_id = 1, .tunnel = TunnelKind::Vxlan}),
            context_of({.tunnel_id = 2, .tunnel = TunnelKind::Vxlan}));
  EXPECT_NE(context_of({.tunnel_id = 1, .tunnel = TunnelKind::Vxlan}),
            context_of({.tunnel_id = 1, .tunnel = TunnelKind::Geneve}));
  EXPECT_NE(context_of({.tunnel_id = 1, .tunnel = TunnelKind::Gre}), context_of({}));
  EXPECT_NE(context_of({.vlan = 1}), context_of({.vlan = 2}));
  EXPECT_NE(context_of({.vlan = 1, .outer_vlan = 2}), context_of({.vlan = 1, .outer_vlan = 3}));
  EXPECT_NE(context_of({.vlan = 1}), context_of({.vlan = 1, .outer_vlan = 1}));
  for (const TunnelKind kind : {TunnelKind::GtpU, TunnelKind::Pptp, TunnelKind::L2tp})
    EXPECT_EQ(context_of({.tunnel_id = 1, .tunnel = kind}),
              context_of({.tunnel_id = 2, .tunnel = kind}));
}

}  // namespace
}  // namespace synfin
