/// \file
/// Tests of src/decode/gre.cc, src/decode/udp_tunnel.cc and of IP in IP.
#include <gtest/gtest.h>

#include <ostream>

#include "support/decode_one.h"
#include "synfin/decode/walk.h"

namespace synfin {
namespace {

using namespace test;

const Stack kV4 = Ipv4{.ttl = 9} / Tcp{.seq = 4} / Payload{11};
const Stack kV6 = Ipv6{.hop_limit = 9} / Tcp{.seq = 6} / Payload{11};

struct Tunnel {
  const char* name;
  Stack outside;
  TunnelKind kind;
  std::uint32_t id = 0;
};

const Tunnel kTunnels[] = {
    {"IP in IPv4", Ipv4{}, TunnelKind::IpIp},
    {"IP in IPv6", Ipv6{}, TunnelKind::IpIp},
    {"IP in IPv6 with options", Ipv6{} / DestinationOptions{}, TunnelKind::IpIp},
    {"GRE", Ipv4{} / Gre{}, TunnelKind::Gre},
    {"GRE over IPv6", Ipv6{} / Gre{}, TunnelKind::Gre},
    {"GRE, key", Ipv4{} / Gre{.key = 0x01020304}, TunnelKind::Gre, 0x01020304},
    {"GRE, checksum", Ipv4{} / Gre{.checksum = true}, TunnelKind::Gre},
    {"GRE, routing", Ipv4{} / Gre{.routing = true}, TunnelKind::Gre},
    {"GRE, all", Ipv4{} / Gre{.checksum = true, .routing = true, .key = 5, .sequence = 8},
     TunnelKind::Gre, 5},
    {"GRE, VLAN", Ipv4{} / Gre{} / Vlan{.id = 6}, TunnelKind::Gre},
    {"GRE, label", Ipv4{} / Gre{} / Mpls{}, TunnelKind::Gre},
    {"GRE, Ethernet (NVGRE)", Ipv4{} / Gre{.key = 0x12345600} / Ethernet{}, TunnelKind::Gre,
     0x12345600},
    {"GRE, redirect", Ipv4{} / Gre{.type = 0x883E} / Raw{Bytes{0, 0, 0, 0}}, TunnelKind::Gre},
    {"PPTP", Ipv4{} / Gre{.key = 77, .sequence = 1, .version = 1} / Ppp{.hdlc = true},
     TunnelKind::Gre, 77},
    {"PPTP, acknowledging",
     Ipv4{} / Gre{.key = 77, .sequence = 1, .version = 1, .acknowledge = 2} / Ppp{},
     TunnelKind::Gre, 77},
    {"ERSPAN I", Ipv4{} / Gre{.type = 0x88BE} / Erspan{.type = 1} / Ethernet{}, TunnelKind::Erspan},
    {"ERSPAN II", Ipv4{} / Gre{.sequence = 1} / Erspan{.session = 1023} / Ethernet{},
     TunnelKind::Erspan, 1023},
    {"ERSPAN III", Ipv4{} / Gre{.sequence = 1} / Erspan{.type = 3, .session = 5} / Ethernet{},
     TunnelKind::Erspan, 5},
    {"ERSPAN III, platform",
     Ipv4{} / Gre{.sequence = 1} / Erspan{.type = 3, .session = 5, .platform = true} / Ethernet{},
     TunnelKind::Erspan, 5},
    {"VXLAN", Ipv4{} / Udp{} / Vxlan{.vni = 0xABCDEF} / Ethernet{}, TunnelKind::Vxlan, 0xABCDEF},
    {"VXLAN over IPv6", Ipv6{} / Udp{} / Vxlan{.vni = 2} / Ethernet{}, TunnelKind::Vxlan, 2},
    {"VXLAN, Linux's port", Ipv4{} / Udp{.dport = 8472} / Vxlan{} / Ethernet{}, TunnelKind::Vxlan,
     1},
    {"VXLAN, inner VLAN", Ipv4{} / Udp{} / Vxlan{} / Ethernet{} / Vlan{.id = 5}, TunnelKind::Vxlan,
     1},
    {"VXLAN-GPE, IP", Ipv4{} / Udp{} / VxlanGpe{.vni = 3}, TunnelKind::Vxlan, 3},
    {"VXLAN-GPE, Ethernet", Ipv4{} / Udp{} / VxlanGpe{.vni = 3} / Ethernet{}, TunnelKind::Vxlan, 3},
    {"Geneve, Ethernet", Ipv4{} / Udp{} / Geneve{.vni = 4} / Ethernet{}, TunnelKind::Geneve, 4},
    {"Geneve, IP, options", Ipv4{} / Udp{} / Geneve{.vni = 4, .option_words = 63},
     TunnelKind::Geneve, 4},
    {"GTP-U", Ipv4{} / Udp{} / GtpU{.teid = 0xFEDCBA98}, TunnelKind::GtpU, 0xFEDCBA98},
    {"GTP-U, from the port", Ipv4{} / Udp{.sport = 2152, .dport = 40000} / GtpU{}, TunnelKind::GtpU,
     1},
    {"GTP-U, sequence", Ipv4{} / Udp{} / GtpU{.sequence = true}, TunnelKind::GtpU, 1},
    {"GTP-U, extensions", Ipv4{} / Udp{} / GtpU{.extensions = 3}, TunnelKind::GtpU, 1},
    {"GTP-U in VXLAN", Ipv4{} / Udp{} / Vxlan{} / Ethernet{} / Ipv4{} / Udp{} / GtpU{.teid = 2},
     TunnelKind::GtpU, 2},
    {"IP in IP in GRE", Ipv4{} / Gre{.key = 5} / Ipv4{}, TunnelKind::IpIp},
    {"GRE in IP in IP", Ipv4{} / Ipv4{} / Gre{.key = 5}, TunnelKind::Gre, 5},
};

void PrintTo(const Tunnel& tunnel, std::ostream* out) { *out << tunnel.name; }

class TunnelTest : public ::testing::TestWithParam<Tunnel> {};

TEST_P(TunnelTest, TheInnermostPacketCounts) {
  const Tunnel& tunnel = GetParam();
  const bool v4_only = std::string_view(tunnel.name) == "GRE, redirect";
  for (const Stack& inside : {kV4, kV6}) {
    if (v4_only && inside.bytes() == kV6.bytes()) continue;
    const auto d = decode_one(Ethernet{} / Vlan{.id = 3} / tunnel.outside / inside);
    ASSERT_EQ(d.fate, Fate::Decoded) << tunnel.name;
    EXPECT_EQ(d.segment.payload, 11u) << tunnel.name;
    EXPECT_EQ(d.segment.ttl, 9) << tunnel.name;
    EXPECT_EQ(d.segment.ip_length, inside.bytes().size()) << tunnel.name;
    const Encapsulation expected{.tunnel_id = tunnel.id, .vlan = 3, .tunnel = tunnel.kind};
    EXPECT_EQ(d.segment.encapsulation, expected) << tunnel.name << ": " << describe(d.segment);
  }
}

/// What the capture cut is cut, what lies past the TCP header is not missed. With trailing bytes,
/// for every tunnel must say by itself where it ends.
TEST_P(TunnelTest, EachPrefix) {
  Bytes bytes = (Ethernet{} / GetParam().outside / kV4).bytes();
  const std::size_t needed = bytes.size() - 11;
  bytes.resize(bytes.size() + 4);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto d = decode_one(bytes, LinkType::Ethernet, size);
    const std::string where = std::string(GetParam().name) + " cut to " + std::to_string(size);
    if (size >= needed) {
      ASSERT_EQ(d.fate, Fate::Decoded) << where;
      EXPECT_EQ(d.segment.payload, 11u) << where;
    } else {
      EXPECT_TRUE(d.fate == Fate::Truncated || d.fate == Fate::NotTcp) << where << ": " << d.fate;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, TunnelTest, ::testing::ValuesIn(kTunnels));

struct TeredoWay {
  const char* name;
  Stack outside;
};

TEST(Teredo, ToAndFromTheServer) {
  const TeredoWay ways[] = {
      {"plain", Ipv4{} / Udp{} / Teredo{}},
      {"from the server", Ipv4{} / Udp{.sport = 3544, .dport = 50000} / Teredo{}},
      {"authentication", Ipv4{} / Udp{} / Teredo{.authentication = true}},
      {"origin", Ipv4{} / Udp{} / Teredo{.origin = true}},
      {"both", Ipv4{} / Udp{} / Teredo{.authentication = true, .origin = true}},
  };
  for (const TeredoWay& way : ways) {
    const auto d = decode_one(Ethernet{} / way.outside / kV6);
    ASSERT_EQ(d.fate, Fate::Decoded) << way.name;
    EXPECT_EQ(d.segment.encapsulation.tunnel, TunnelKind::Teredo) << way.name;
    EXPECT_EQ(d.segment.seq, 6u) << way.name;
  }
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Teredo{} / kV4).fate,
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
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / kV6).fate, Fate::NotTcp);  // not its prefix
  const Stack longer = Ipv6{.src = "2001:0:c000:201::1", .payload_length = 19} / Tcp{};
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / any / longer).fate, Fate::NotTcp);
}

/// A port alone makes no tunnel, and what is none is not broken either.
TEST(UdpTunnel, PacketsThatOnlyUseThePort) {
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
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Vxlan{} / Ethernet{} / inner).fate,
              Fate::NotTcp);
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Geneve{} / inner).fate, Fate::NotTcp);
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / GtpU{} / inner).fate, Fate::NotTcp);
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{} / inner).fate,
              Fate::Malformed);  // GRE says what it carries
  }
}

TEST(UdpTunnel, HeadersThatAreNone) {
  const auto vxlan = [](Bytes header) {
    return decode_one(Ethernet{} / Ipv4{} / Udp{.dport = 4789} / Raw{header} / Ethernet{} / kV4)
        .fate;
  };
  EXPECT_EQ(vxlan({0x08, 0, 0, 0, 0, 0, 1, 0}), Fate::Decoded);
  EXPECT_EQ(vxlan({0x88, 0, 0, 9, 0, 0, 1, 0}), Fate::Decoded);  // with a group policy
  EXPECT_EQ(vxlan({0x00, 0, 0, 0, 0, 0, 1, 0}), Fate::NotTcp);
  EXPECT_EQ(vxlan({0x08, 0, 0, 0, 0, 0, 1, 1}), Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / VxlanGpe{.next = 4} / kV4).fate,
            Fate::NotTcp);  // NSH
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / GtpU{.message = 1} / kV4).fate,
            Fate::NotTcp);  // echo request
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Geneve{.type = 0} / kV4).fate, Fate::NotTcp);
}

TEST(Gre, WhatCarriesNothing) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0}).fate, Fate::NotTcp);  // keepalive
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{} / Ipv4{} / Gre{.type = 0}).fate,
            Fate::NotTcp);  // and its request
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0x2000} / Payload{20}).fate,
            Fate::NotTcp);  // CDP
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.version = 2} / kV4).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} /
                       Gre{.type = 0x880B, .key = 1, .version = 1, .acknowledge = 3})
                .fate,
            Fate::NotTcp);  // PPTP acknowledgement
}

TEST(Gre, RoutesThatNeverEnd) {
  const Bytes header = {0x40, 0, 0x08, 0x00, 0, 0, 0, 0};
  Bytes routes;
  for (int i = 0; i < 100; ++i) routes.insert(routes.end(), {8, 0, 0, 4, 1, 2, 3, 4});
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.protocol = 47} / Raw{header} / Raw{routes} / kV4).fate,
            Fate::NotTcp);
  const Bytes zero_length(400, 8);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.protocol = 47} / Raw{header} / Raw{zero_length}).fate,
            Fate::NotTcp);
}

TEST(Gre, BareRedirect) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0x883E} / kV4).fate, Fate::Decoded);
}

/// A mirror session may cut what it mirrors, and says so.
TEST(Erspan, TruncatedByTheMirror) {
  Bytes inner = (Ethernet{} / Ipv4{} / Tcp{.seq = 4} / Payload{1000}).bytes();
  inner.resize(60);
  const auto mirrored = [&](std::uint8_t flags) {
    return decode_one(Ethernet{} / Ipv4{} / Gre{.type = 0x88BE, .sequence = 1} /
                      Raw{Bytes{0x10, 1, flags, 9, 0, 0, 0, 0}} / Raw{inner});
  };
  EXPECT_EQ(mirrored(0x00).fate, Fate::Malformed);
  const auto d = mirrored(0x04);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 1000u);
  EXPECT_EQ(d.segment.ip_length, 1040u);
  EXPECT_EQ(d.segment.encapsulation.tunnel_id, 9u);
}

/// The first fragment of a tunnel's packet has the inner headers, with the whole inner length.
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
  EXPECT_EQ(decode_one(packet / kV4).fate, Fate::Decoded);
  packet = packet / Ipv4{};
  EXPECT_EQ(decode_one(packet / kV4).fate, Fate::NotTcp);
  Stack deep = Ethernet{};
  for (int i = 0; i < 300; ++i) deep = deep / Ipv6{};
  EXPECT_EQ(decode_one(deep / kV6).fate, Fate::NotTcp);
}

}  // namespace
}  // namespace synfin
