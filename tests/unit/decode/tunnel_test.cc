/// \file
/// Tests of src/decode/gre.cc, src/decode/udp_tunnel.cc and of IP in IP.
#include <gtest/gtest.h>

#include "decode/decode_context.h"
#include "support/decode_one.h"
#include "support/encapsulations.h"

namespace synfin {
namespace {

using namespace test;

const Stack kOuterV4 = Ipv4{.ttl = 9} / Tcp{.seq = 4} / Payload{11};
const Stack kOuterV6 = Ipv6{.hop_limit = 9} / Tcp{.seq = 6} / Payload{11};

class TunnelTest : public ::testing::TestWithParam<EncapsulationCase> {};

TEST_P(TunnelTest, TheInnermostPacketCounts) {
  const EncapsulationCase& way = GetParam();
  const auto check = [&](const Stack& inside) {
    const auto d = decode_one(Ethernet{} / Vlan{.id = 3} / way.outside / inside);
    ASSERT_EQ(d.fate, Fate::Decoded);
    EXPECT_EQ(d.segment.payload, 11u);
    EXPECT_EQ(d.segment.ttl, 9);
    EXPECT_EQ(d.segment.ip_length, inside.bytes().size());
    Encapsulation expected = way.expected;
    expected.vlan = 3;
    EXPECT_EQ(d.segment.encapsulation, expected) << describe(d.segment);
  };
  if (way.carries_v4()) check(kOuterV4);
  if (way.carries_v6()) check(kOuterV6);
}

/// A prefix that ends before the TCP header does is truncated; every longer one yields the whole
/// segment. Bytes that trail the packet change nothing, because each tunnel's own lengths state its
/// end.
TEST_P(TunnelTest, EachPrefix) {
  Bytes bytes =
      (Ethernet{} / GetParam().outside / (GetParam().carries_v4() ? kOuterV4 : kOuterV6)).bytes();
  const std::size_t needed = bytes.size() - 11;
  bytes.resize(bytes.size() + 4);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto d = decode_one(bytes, LinkType::Ethernet, size);
    if (size >= needed) {
      ASSERT_EQ(d.fate, Fate::Decoded) << "cut to " << size;
      EXPECT_EQ(d.segment.payload, 11u) << "cut to " << size;
    } else {
      EXPECT_TRUE(d.fate == Fate::Truncated || d.fate == Fate::NotTcp)
          << "cut to " << size << ": " << d.fate;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TunnelTest, ::testing::ValuesIn(tunnel_cases()));

TEST(Teredo, CarriesIpv6Only) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Teredo{} / kOuterV4).fate,
            Fate::NotTcp);  // it carries IPv6 only
}

TEST(Teredo, BetweenPeersOnAnyPort) {
  const Udp any{.sport = 1111, .dport = 2222};
  const Stack from = Ipv6{.src = "2001:0:c000:201::1"} / Tcp{.seq = 6};
  const Stack to = Ipv6{.dst = "2001:0:c000:201::1"} / Tcp{.seq = 6};
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / from).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / to).segment.encapsulation.tunnel,
            TunnelKind::Teredo);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / from / Payload{1}).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / from / Raw{Bytes{1}}).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / kOuterV6).fate, Fate::NotTcp);  // not its prefix
  const Stack longer = Ipv6{.src = "2001:0:c000:201::1", .payload_length = 19} / Tcp{};
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / longer).fate, Fate::NotTcp);
}

/// A port alone is no evidence for a tunnel, so other payloads are not malformed.
TEST(UdpTunnel, PacketsThatOnlyShareThePort) {
  const Stack other = Payload{64} / Raw{};
  for (const int port : {4789, 8472, 4790, 6081, 2152, 3544}) {
    const auto number = static_cast<std::uint16_t>(port);
    for (const std::size_t size : {0, 1, 7, 8, 12, 40, 100}) {
      for (const int first : {0x00, 0x08, 0x30, 0x45, 0x60, 0xFF}) {
        Bytes noise(size, static_cast<std::uint8_t>(first));
        const auto d = decode_one(Ethernet{} / Ipv4{} / Udp{.dport = number} / Raw{noise});
        EXPECT_EQ(d.fate, Fate::NotTcp) << port << " " << size << " " << first;
      }
    }
  }
}

TEST(UdpTunnel, ContradictionsInside) {
  const Ipv4 too_long{.total_length = 2000};
  const Ipv4 wrong_version{.version_ihl = 0x75};
  for (const Ipv4& ip : {too_long, wrong_version}) {
    const Stack inner = ip / Tcp{} / Payload{11};
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Geneve{} / inner).fate, Fate::NotTcp);
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / GtpU{} / inner).fate, Fate::NotTcp);
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{} / inner).fate,
              Fate::Malformed);  // GRE has a field for its payload's type
  }
}

TEST(UdpTunnel, PayloadsWithoutATunnelHeader) {
  const auto vxlan = [](Bytes header) {
    return decode_one(Ethernet{} / Ipv4{} / Udp{.dport = 4789} / Raw{header} / Ethernet{} /
                      kOuterV4)
        .fate;
  };
  EXPECT_EQ(vxlan({0x08, 0, 0, 0, 0, 0, 1, 0}), Fate::Decoded);
  EXPECT_EQ(vxlan({0x88, 0, 0, 9, 0, 0, 1, 0}), Fate::Decoded);  // with a group policy
  EXPECT_EQ(vxlan({0x08, 0, 0, 0, 0, 0, 1, 1}), Fate::Decoded);  // reserved bits
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / VxlanGpe{.next = 4} / kOuterV4).fate,
            Fate::NotTcp);  // NSH
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / GtpU{.message = 1} / kOuterV4).fate,
            Fate::NotTcp);  // echo request
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Geneve{.type = 0} / kOuterV4).fate,
            Fate::NotTcp);
}

TEST(Gre, PayloadsThatCarryNoPacket) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0}).fate, Fate::NotTcp);  // keepalive
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{} / Ipv4{} / Gre{.type = 0}).fate,
            Fate::NotTcp);  // and its request
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0x2000} / Payload{20}).fate,
            Fate::NotTcp);  // CDP
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.version = 2} / kOuterV4).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} /
                       Gre{.type = 0x880B, .key = 1, .version = 1, .acknowledge = 3})
                .fate,
            Fate::NotTcp);  // PPTP acknowledgement
}

TEST(Gre, RoutesThatNeverEnd) {
  const Bytes header = {0x40, 0, 0x08, 0x00, 0, 0, 0, 0};
  Bytes routes;
  for (int i = 0; i < 100; ++i) routes.insert(routes.end(), {8, 0, 0, 4, 1, 2, 3, 4});
  EXPECT_EQ(
      decode_one(Ethernet{} / Ipv4{.protocol = 47} / Raw{header} / Raw{routes} / kOuterV4).fate,
      Fate::NotTcp);
  const Bytes zero_length(400, 8);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.protocol = 47} / Raw{header} / Raw{zero_length}).fate,
            Fate::NotTcp);
}

TEST(Gre, BareRedirect) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0x883E} / kOuterV4).fate, Fate::Decoded);
}

/// A mirror session may truncate packets, with or without a mark.
TEST(Erspan, TruncatedByTheMirror) {
  Bytes inner = (Ethernet{} / Ipv4{} / Tcp{.seq = 4} / Payload{1000}).bytes();
  inner.resize(60);
  const auto mirrored = [&](std::uint8_t flags) {
    return decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0x88BE, .sequence = 1} /
                      Raw{Bytes{0x10, 1, flags, 9, 0, 0, 0, 0}} / Raw{inner});
  };
  EXPECT_EQ(mirrored(0x00).fate, Fate::Decoded) << "a mirror may cut without saying so";
  const auto d = mirrored(0x04);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 1000u);
  EXPECT_EQ(d.segment.ip_length, 1040u);
  EXPECT_EQ(d.segment.encapsulation.tunnel_id, 9u);
}

/// The first fragment of a tunnel's packet contains the inner headers with the full inner length.
TEST(Tunnel, FragmentedOutside) {
  const Stack inner = Ipv4{} / Tcp{.seq = 4} / Payload{1000};
  const Stack tunnels[] = {inner, Gre{} / inner, Udp{} / Vxlan{} / Ethernet{} / inner,
                           Udp{} / GtpU{} / inner};
  const std::uint8_t protocols[] = {4, 47, 17, 17};
  for (int i = 0; i < 4; ++i) {
    const auto d = decode_one(Ethernet{} / Ipv4{.more_fragments = true, .protocol = protocols[i]} /
                              quote(tunnels[i], 200));
    ASSERT_EQ(d.fate, Fate::Decoded) << i;
    EXPECT_EQ(d.segment.payload, 1000u) << i;
  }
}

TEST(Tunnel, NestingIsBounded) {
  Stack packet = Ethernet{};
  for (int i = 0; i < Decoder::kMaxNesting - 1; ++i) packet = packet / Ipv4{};
  EXPECT_EQ(decode_one(packet / kOuterV4).fate, Fate::Decoded);
  packet = packet / Ipv4{};
  EXPECT_EQ(decode_one(packet / kOuterV4).fate, Fate::NotTcp);
  Stack deep = Ethernet{};
  for (int i = 0; i < 300; ++i) deep = deep / Ipv6{};
  EXPECT_EQ(decode_one(deep / kOuterV6).fate, Fate::NotTcp);
}

}  // namespace
}  // namespace synfin
