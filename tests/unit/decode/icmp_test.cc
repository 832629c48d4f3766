/// \file
/// Tests of src/decode/icmp.cc.
#include "decode/icmp.h"

#include <gtest/gtest.h>

#include "support/decode_one.h"

namespace synfin {
namespace {

using namespace test;

const Stack kQuoted =
    Ipv4{.src = "192.0.2.1", .dst = "203.0.113.5", .ttl = 1, .id = 99} /
    Tcp{.sport = 40000, .dport = 81, .seq = 0x01020304, .ack_seq = 5, .syn = true, .window = 77} /
    Payload{20};
const Stack kQuoted6 = Ipv6{.src = "2001:db8::1", .dst = "2001:db8::5"} /
                       Tcp{.sport = 40000, .dport = 81, .seq = 0x01020304, .syn = true} /
                       Payload{20};

/// An ICMP error of a router to the sender of the quoted packet.
const Ipv4 kRouter{.src = "198.51.100.254", .dst = "192.0.2.1", .ttl = 250, .id = 7};
const Ipv6 kRouter6{.src = "2001:db8:f::1", .dst = "2001:db8::1", .hop_limit = 250};

TEST(DecodeIcmp, AnErrorRefersToThePacketThatItQuotes) {
  const auto d =
      decode_one(Ethernet{} / kRouter / Icmp{.type = 3, .code = 13} / quote(kQuoted, 28));
  ASSERT_EQ(d.fate, Fate::Decoded);
  const Segment& s = d.segment;
  EXPECT_EQ(s.kind, SegmentKind::IcmpError);
  EXPECT_EQ(s.tuple.orig, (Endpoint{*Address::parse("192.0.2.1"), 40000}));
  EXPECT_EQ(s.tuple.resp, (Endpoint{*Address::parse("203.0.113.5"), 81}));
  EXPECT_EQ(s.seq, 0x01020304u);
  EXPECT_EQ(s.icmp_sender(), *Address::parse("198.51.100.254"));
  EXPECT_EQ(s.flags, 0);  // not quoted
  EXPECT_EQ(s.ttl, 250);
  EXPECT_EQ(s.ip_id, 7);
  EXPECT_EQ(s.icmp_type, 3);
  EXPECT_EQ(s.icmp_code, 13);
  EXPECT_FALSE(s.icmp_v6);
}

TEST(DecodeIcmp, AllThatIsQuotedIsRead) {
  const auto d = decode_one(Ethernet{} / kRouter / Icmp{} / quote(kQuoted));
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.flags, kSyn);
}

TEST(DecodeIcmp, IPv6) {
  const auto d = decode_one(Ethernet{} / kRouter6 / Icmp6{.type = 1, .code = 4} / quote(kQuoted6));
  ASSERT_EQ(d.fate, Fate::Decoded);
  const Segment& s = d.segment;
  EXPECT_EQ(s.kind, SegmentKind::IcmpError);
  EXPECT_EQ(s.tuple.orig, (Endpoint{*Address::parse("2001:db8::1"), 40000}));
  EXPECT_EQ(s.tuple.resp, (Endpoint{*Address::parse("2001:db8::5"), 81}));
  EXPECT_EQ(s.seq, 0x01020304u);
  EXPECT_EQ(s.flags, kSyn);
  EXPECT_EQ(s.ttl, 250);
  EXPECT_EQ(s.icmp_type, 1);
  EXPECT_EQ(s.icmp_code, 4);
  EXPECT_TRUE(s.icmp_v6);
  EXPECT_EQ(s.icmp_sender(), *Address::parse("2001:db8:f::1"));
}

TEST(DecodeIcmp, WhichTypesAndCodesCount) {
  for (int type = 0; type < 256; ++type) {
    for (const int code : {0, 1, 3, 4, 5, 9, 10, 13, 15}) {
      const bool v4 = (type == 3 && code != 4) || type == 11 || type == 12;
      const Icmp icmp{.type = static_cast<std::uint8_t>(type),
                      .code = static_cast<std::uint8_t>(code)};
      EXPECT_EQ(decode_one(kRouter / icmp / quote(kQuoted)).fate, v4 ? Fate::Decoded : Fate::NotTcp)
          << type << "/" << code;
      const bool v6 = type == 1 || type == 3 || type == 4;
      const Icmp6 icmp6{.type = icmp.type, .code = icmp.code};
      EXPECT_EQ(decode_one(kRouter6 / icmp6 / quote(kQuoted6)).fate,
                v6 ? Fate::Decoded : Fate::NotTcp)
          << type;
    }
  }
}

TEST(DecodeIcmp, QuotesWithOptionsAndExtensions) {
  const Stack options = Ipv4{.options = Bytes(12, 1)} / Tcp{.seq = 11};
  EXPECT_EQ(decode_one(kRouter / Icmp{} / quote(options, 40)).segment.seq, 11u);
  const Stack extensions = Ipv6{} / HopByHop{} / DestinationOptions{} / Fragment{} / Tcp{.seq = 12};
  EXPECT_EQ(decode_one(kRouter6 / Icmp6{} / quote(extensions)).segment.seq, 12u);
}

TEST(DecodeIcmp, QuotesOfAnythingElse) {
  const Stack tcp = Ipv4{.fragment_offset = 8, .protocol = 6} / Payload{40};
  const Stack tcp6 = Ipv6{} / Fragment{.offset = 8} / Tcp{};
  const std::pair<const char*, Stack> cases[] = {
      {"UDP", kRouter / Icmp{} / quote(Ipv4{} / Udp{} / Payload{20})},
      {"UDP over IPv6", kRouter6 / Icmp6{} / quote(Ipv6{} / Udp{} / Payload{20})},
      {"a later fragment", kRouter / Icmp{} / quote(tcp)},
      {"a later fragment over IPv6", kRouter6 / Icmp6{} / quote(tcp6)},
      {"IPv6 in ICMP", kRouter / Icmp{} / quote(kQuoted6)},
      {"IPv4 in ICMPv6", kRouter6 / Icmp6{} / quote(kQuoted) / Payload{20}},
      {"nothing", kRouter / Icmp{}},
      {"seven bytes of TCP", kRouter / Icmp{} / quote(kQuoted, 27)},
      {"seven bytes of TCP over IPv6", kRouter6 / Icmp6{} / quote(kQuoted6, 47)},
      {"half an IPv4 header", kRouter / Icmp{} / quote(kQuoted, 10)},
      {"a header of three words", kRouter / Icmp{} / quote(Ipv4{.version_ihl = 0x43} / Tcp{})},
      {"an echo", kRouter / Icmp{.type = 8} / Payload{40}},
  };
  for (const auto& [what, packet] : cases)
    EXPECT_EQ(decode_one(Ethernet{} / packet).fate, Fate::NotTcp) << what;
}

TEST(DecodeIcmp, CutByTheCapture) {
  const Stack v4 = kRouter / Icmp{} / quote(kQuoted);
  const Stack v6 = kRouter6 / Icmp6{} / quote(kQuoted6);
  EXPECT_EQ(decode_one(v4, 20 + 8 + 28).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(v4, 20 + 8 + 27).fate, Fate::Truncated);
  EXPECT_EQ(decode_one(v4, 20 + 7).fate, Fate::Truncated);
  EXPECT_EQ(decode_one(v6, 40 + 8 + 48).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(v6, 40 + 8 + 47).fate, Fate::Truncated);
  EXPECT_EQ(decode_one(kRouter / Raw{Bytes{3, 1, 0}}).fate,
            Fate::NotTcp);  // no protocol follows from Raw
}

TEST(DecodeIcmp, EachKindOnlyInItsOwnIp) {
  EXPECT_EQ(decode_one(Ipv6{.next_header = 1} / Icmp{} / quote(kQuoted)).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ipv4{.protocol = 58} / Icmp6{} / quote(kQuoted6)).fate, Fate::NotTcp);
}

/// An error inside a tunnel carries the tunnel's id. An error about the tunnel's own packet yields
/// no segment.
TEST(DecodeIcmp, Tunnels) {
  const auto d =
      decode_one(Ethernet{} / Ipv4{} / Gre{.key = 9} / kRouter / Icmp{} / quote(kQuoted));
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.encapsulation.tunnel, TunnelKind::Gre);
  EXPECT_EQ(d.segment.ttl, 250);
  EXPECT_EQ(decode_one(kRouter / Icmp{} / quote(Ipv4{} / Gre{} / kQuoted)).fate, Fate::NotTcp);
}

}  // namespace
}  // namespace synfin
