// The program's part of a filter expression: ICMP errors by what they quote, tunnels by what is
// inside, tags as the kernel would see them.
#include "synfin/filter/live_expression.h"

#include <gtest/gtest.h>

#include "support/packet_builder.h"

namespace synfin::test {
namespace {

bool passes(const std::string& expression, const Stack& frame, bool in_kernel) {
  auto made = LiveExpression::create(expression, in_kernel);
  EXPECT_TRUE(made.ok()) << made.error().message;
  const Bytes bytes = frame.bytes();
  Packet packet = as_packet(bytes, frame.link());
  return made->keep({&packet, 1}) == 1;
}

const Stack kSyn = Ipv4{} / Tcp{.sport = 40000, .dport = 80, .syn = true};

TEST(LiveExpression, LeavesTheKernelsDecisionsAlone) {
  EXPECT_TRUE(passes("port 99", Ethernet{} / kSyn, true)) << "it came through the kernel's filter";
  EXPECT_FALSE(passes("port 99", Ethernet{} / kSyn, false));
  EXPECT_TRUE(passes("port 80", Ethernet{} / kSyn, false));
}

TEST(LiveExpression, IcmpErrorsGoByWhatTheyQuote) {
  for (const bool in_kernel : {true, false}) {
    const Stack error = Ethernet{} / Ipv4{.src = "203.0.113.9"} / Icmp{} / quote(kSyn, 28);
    EXPECT_TRUE(passes("port 80", error, in_kernel));
    EXPECT_TRUE(passes("src host 192.0.2.1 and dst port 80", error, in_kernel));
    EXPECT_FALSE(passes("port 81", error, in_kernel));
    EXPECT_TRUE(passes("host 203.0.113.9", error, in_kernel)) << "as tcpdump has it";
    const Stack error6 =
        Ethernet{} / Ipv6{} / Icmp6{} / quote(Ipv6{} / Tcp{.dport = 80, .syn = true});
    EXPECT_TRUE(passes("ip6 and port 80", error6, in_kernel));
    EXPECT_FALSE(passes("port 81", error6, in_kernel));
  }
}

TEST(LiveExpression, TunnelsGoByWhatIsInsideOrOutside) {
  for (const bool in_kernel : {true, false}) {
    for (const Stack& tunnel :
         {Ethernet{} / Ipv4{.src = "203.0.113.1"} / Gre{}, Ethernet{} / Mpls{},
          Stack(Sll2{}) / Ipv4{.src = "203.0.113.1"} / Udp{} / Vxlan{} / Ethernet{}}) {
      EXPECT_TRUE(passes("port 80", tunnel / kSyn, in_kernel));
      EXPECT_FALSE(passes("port 81", tunnel / kSyn, in_kernel));
    }
    EXPECT_TRUE(passes("host 203.0.113.1", Ethernet{} / Ipv4{.src = "203.0.113.1"} / Gre{} / kSyn,
                       in_kernel));
  }
}

TEST(LiveExpression, TheOuterTagIsSeenAndSeenThrough) {
  const Stack tagged = Ethernet{} / Vlan{.id = 7} / kSyn;
  EXPECT_TRUE(passes("port 80", tagged, false));
  EXPECT_TRUE(passes("vlan 7 and port 80", tagged, false));
  EXPECT_FALSE(passes("vlan 8 and port 80", tagged, false));
  EXPECT_FALSE(passes("port 81", tagged, false));
  const Stack error = Ethernet{} / Vlan{.id = 7} / Ipv4{} / Icmp{} / quote(kSyn, 28);
  EXPECT_TRUE(passes("vlan 7 and port 80", error, true));
  EXPECT_FALSE(passes("vlan 8 and port 80", error, true));
}

TEST(LiveExpression, WhatOnlyTheKernelCanSayIsLeftToIt) {
  EXPECT_TRUE(LiveExpression::create("inbound and port 80", true).ok());
  const auto refused = LiveExpression::create("no such expression", false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
}

TEST(LiveExpression, MatchesConnectionsInEitherDirection) {
  auto made = LiveExpression::create("src port 80", true);
  ASSERT_TRUE(made.ok());
  const FiveTuple tuple{{*Address::parse("192.0.2.1"), 40000}, {*Address::parse("192.0.2.2"), 80}};
  EXPECT_TRUE(made->matches(tuple));
  EXPECT_TRUE(made->matches(tuple.reversed()));
  auto other = LiveExpression::create("port 81 or net 10", true);
  EXPECT_FALSE(other->matches(tuple));
}

}  // namespace
}  // namespace synfin::test
