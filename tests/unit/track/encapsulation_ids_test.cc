// EncapsulationIds: one id each, the value of each id, and the id that the rest share.
#include "track/encapsulation_ids.h"

#include <gtest/gtest.h>

#include <memory>

namespace synfin {
namespace {

TEST(EncapsulationIds, NoneIsZeroAndEachOtherHasItsOwn) {
  const auto ids = std::make_unique<EncapsulationIds>();
  EXPECT_EQ(ids->id({}), 0);
  const Encapsulation distinct[] = {{.vlan = 7},
                                    {.tunnel_id = 7},
                                    {.tunnel = TunnelKind::Vxlan},
                                    {7, 0, 0, TunnelKind::Vxlan},
                                    {7, 0, 0, TunnelKind::Geneve},
                                    {7, 7, 0, TunnelKind::Vxlan},
                                    {0xFFFFFFFF, 0xFFF, 0xFFF, TunnelKind::Teredo},
                                    {.vlan = 7, .outer_vlan = 7}};
  for (std::uint16_t i = 0; i < std::size(distinct); ++i) {
    EXPECT_EQ(ids->id(distinct[i]), i + 1);
    EXPECT_EQ(ids->id(distinct[i]), i + 1) << "the newest, again";
  }
  for (std::uint16_t i = 0; i < std::size(distinct); ++i) {
    EXPECT_EQ(ids->id(distinct[i]), i + 1) << "after others";
    EXPECT_EQ(ids->at(ids->id(distinct[i])), distinct[i]);
  }
  EXPECT_EQ(ids->id({}), 0);
  EXPECT_EQ(ids->at(0), Encapsulation{});
}

TEST(EncapsulationIds, TheRestShareAnIdWithoutEncapsulation) {
  const auto ids = std::make_unique<EncapsulationIds>();
  constexpr std::uint32_t kDistinct = 4094;
  for (std::uint32_t i = 1; i <= kDistinct; ++i) {
    ASSERT_EQ(ids->id({i, 0, 0, TunnelKind::Gre}), i);
  }
  for (std::uint32_t i = kDistinct + 1; i < 20'000; ++i) {
    ASSERT_EQ(ids->id({i, 0, 0, TunnelKind::Gre}), 4095);
  }
  EXPECT_EQ(ids->at(4095), Encapsulation{});
  for (std::uint32_t i = 1; i <= kDistinct; ++i) {
    ASSERT_EQ(ids->id({i, 0, 0, TunnelKind::Gre}), i) << "an id is never reassigned";
  }
}

}  // namespace
}  // namespace synfin
