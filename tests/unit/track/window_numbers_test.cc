// Numbers that must not become bytes: data across 2^31, a stray first packet, a SYN-ACK chosen
// late.
#include <gtest/gtest.h>

#include "support/lab.h"

namespace synfin::test {
namespace {

TEST(WindowNumbers, DataAcrossTwoToThe31IsOutOfTheWindow) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "SA", 5000, 1001},
           {0.2, '>', "A", 1001, 5001},
           {0.3, '<', "A", 5001u + 0x7FFFFFD0u, 1001, 100}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.resp.bytes, 0u);
  EXPECT_EQ(r.out_of_window, 1u);
}

TEST(WindowNumbers, AStrayFirstPacketAddsNoGap) {
  Lab lab;
  lab.run({{0.0, '>', "A", 3'000'000'000, 7000, 10},
           {0.1, '>', "A", 100'000, 9'000'000, 500},
           {0.2, '<', "A", 9'000'000, 100'500},
           {0.3, '>', "A", 100'500, 9'000'000, 300},
           {0.4, '<', "A", 9'000'000, 100'800, 200}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_LE(r.orig.bytes, 810u);
  EXPECT_GE(r.orig.bytes, 200u);
  EXPECT_LE(r.resp.bytes, 810u);
  EXPECT_GE(r.resp.bytes, 200u);
}

TEST(WindowNumbers, AnotherSynAckDoesNotReplaceTheNumbersOfAFin) {
  TableOptions options;
  options.scope = PacketScope::Control;
  Lab lab(options);
  lab.run({{0.0, '>', "S", 2'497'973'070},
           {0.01, '<', "SA", 2'713'682'762, 2'497'973'071},
           {0.2, '<', "FA", 79'539'092, 50'102'307},
           {0.2, '<', "SA", 1'424'870'435, 3'547'527'769},
           {0.25, '<', "FR", 1'424'870'437}});
  EXPECT_LT(lab.only_record().resp.bytes, 1u << 31);
}

}  // namespace
}  // namespace synfin::test
