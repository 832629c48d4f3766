/// \file
/// Tests of src/decode/{link,mpls,wireless,nflog}.cc: every way to an IP packet below IP.
#include "decode/link.h"

#include <gtest/gtest.h>

#include "support/decode_one.h"
#include "support/encapsulations.h"

namespace synfin {
namespace {

using namespace test;

const Stack kV4 = Ipv4{} / Tcp{.seq = 4} / Payload{11};
const Stack kV6 = Ipv6{} / Tcp{.seq = 6} / Payload{11};

class LinkTest : public ::testing::TestWithParam<EncapsulationCase> {};

TEST_P(LinkTest, LeadsToTcp) {
  const EncapsulationCase& way = GetParam();
  std::vector<Stack> payloads;
  if (way.carries_v4()) payloads.push_back(kV4);
  if (way.carries_v6()) payloads.push_back(kV6);
  for (const Stack& inside : payloads) {
    const auto d = decode_one((way.outside / inside).bytes(), way.link_type());
    ASSERT_EQ(d.fate, Fate::Decoded);
    EXPECT_EQ(d.segment.payload, 11u);
    EXPECT_EQ(d.segment.encapsulation, way.expected) << describe(d.segment);
    EXPECT_EQ(d.segment.ip_length, inside.bytes().size());
  }
}

/// Each prefix is truncated or yields the whole segment.
TEST_P(LinkTest, EachPrefix) {
  const EncapsulationCase& way = GetParam();
  const Bytes packet = (way.outside / (way.carries_v4() ? kV4 : kV6)).bytes();
  const std::size_t needed = packet.size() - 11;
  for (std::size_t size = 0; size <= packet.size(); ++size) {
    const Fate expected = size >= needed ? Fate::Decoded : Fate::Truncated;
    EXPECT_EQ(decode_one(packet, way.link_type(), size).fate, expected) << "cut to " << size;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LinkTest, ::testing::ValuesIn(link_cases()));

TEST(DecodeLink, RawIsDecodedByItsVersion) {
  for (const int number : {12, 14, 101}) {
    const auto link = static_cast<LinkType>(number);
    EXPECT_EQ(decode_one(kV4.bytes(), link).segment.seq, 4u) << number;
    EXPECT_EQ(decode_one(kV6.bytes(), link).segment.seq, 6u) << number;
    EXPECT_EQ(decode_one(Bytes(40, 0x10), link).fate, Fate::Malformed) << number;
  }
  EXPECT_EQ(decode_one(kV4.bytes(), LinkType::Ipv4).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(kV6.bytes(), LinkType::Ipv6).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(kV6.bytes(), LinkType::Ipv4).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(kV4.bytes(), LinkType::Ipv6).fate, Fate::Malformed);
}

TEST(DecodeLink, LoopbackFamiliesOfAllSystems) {
  for (const std::uint32_t family : {10u, 24u, 28u, 30u}) {
    EXPECT_EQ(decode_one(Null{.family = family} / kV6).fate, Fate::Decoded) << family;
    EXPECT_EQ(decode_one(Null{.family = family, .big_endian = true} / kV6).fate, Fate::Decoded)
        << family;
    EXPECT_EQ(decode_one(Loop{.family = family} / kV6).fate, Fate::Decoded) << family;
  }
  EXPECT_EQ(decode_one(Null{.family = 7} / kV4).fate, Fate::NotTcp);
}

/// A capture on "any" contains many interfaces; cooked version 2 contains their index.
TEST(DecodeLink, CookedTwoContainsTheInterface) {
  EXPECT_EQ(decode_one(Sll2{.interface = 514} / kV4).segment.interface, 514);
  EXPECT_EQ(decode_one(Sll{} / kV4).segment.interface, 7);
  EXPECT_EQ(decode_one(Ethernet{} / kV4).segment.interface, 7);
}

TEST(DecodeLink, UnknownLinksAreUnsupported) {
  for (const int number : {2, 147, 195, 0xFFFF}) {
    EXPECT_EQ(decode_one(kV4.bytes(), static_cast<LinkType>(number)).fate, Fate::UnsupportedLink)
        << number;
  }
}

TEST(DecodeLink, CiscoHdlc) {
  const Stack packet = Raw{Bytes{0x0F, 0, 0x08, 0x00}} / kV4;
  EXPECT_EQ(decode_one(packet.bytes(), LinkType::CiscoHdlc).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(packet.bytes(), LinkType::PppHdlc).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(Bytes{0x0F, 0}, LinkType::CiscoHdlc).fate, Fate::Malformed);
}

TEST(DecodeLink, IpsOwnServiceAccessPoint) {
  const Stack packet = Ethernet{.type = 54} / Raw{Bytes{6, 6, 3}} / kV4;
  EXPECT_EQ(decode_one(packet).fate, Fate::Decoded);
}

TEST(DecodeLink, VnTag) {
  const Stack packet = Ethernet{.type = 0x8926} / Raw{Bytes{0x80, 1, 0, 2, 0x08, 0x00}} / kV4;
  EXPECT_EQ(decode_one(packet).fate, Fate::Decoded);
  EXPECT_EQ(decode_one(packet, 18).fate, Fate::Truncated);
}

TEST(DecodeLink, NflogInBothByteOrders) {
  const Bytes ip = kV4.bytes();
  const auto size = static_cast<std::uint8_t>(ip.size() + 4);
  const Bytes front = {2, 0, 0, 1};
  const Bytes little_prefix = {7, 0, 10,   0, 'h', 'i',
                               0, 0, size, 0, 9,   0};  // a record, padded, then the payload
  const Bytes big_prefix = {0, 7, 0, 10, 'h', 'i', 0, 0, 0, size, 0, 9};
  for (const Bytes& prefix : {little_prefix, big_prefix}) {
    const Stack packet = Raw{front} / Raw{prefix} / Raw{ip};
    const auto d = decode_one(packet.bytes(), LinkType::Nflog);
    ASSERT_EQ(d.fate, Fate::Decoded);
    EXPECT_EQ(d.segment.seq, 4u);
  }
  EXPECT_EQ(decode_one((Raw{front} / Raw{Bytes{3, 0, 9, 0}}).bytes(), LinkType::Nflog).fate,
            Fate::Malformed);
  EXPECT_EQ(decode_one((Raw{front} / Raw{Bytes{9, 0, 9, 0}}).bytes(), LinkType::Nflog).fate,
            Fate::Malformed);
  EXPECT_EQ(decode_one(front, LinkType::Nflog).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Bytes{2, 1, 0, 1}, LinkType::Nflog).fate, Fate::NotTcp);
}

TEST(DecodeLink, PktapCarriesALinkOfItsOwn) {
  const Stack packet =
      Raw{Bytes{16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 9, 9, 9}} / Ethernet{} / kV4;
  EXPECT_EQ(decode_one(packet.bytes(), LinkType::Pktap).fate, Fate::Decoded);
  const Stack swapped =
      Raw{Bytes{0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9}} / Ethernet{} / kV4;
  EXPECT_EQ(decode_one(swapped.bytes(), LinkType::Pktap).fate, Fate::Decoded);
  const Stack unknown = Raw{Bytes{12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0}} / kV4;
  EXPECT_EQ(decode_one(unknown.bytes(), LinkType::Pktap).fate, Fate::UnsupportedLink);
  const Stack too_long = Raw{Bytes{200, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}} / kV4;
  EXPECT_EQ(decode_one(too_long.bytes(), LinkType::Pktap).fate, Fate::Malformed);
  Stack nested =
      Raw{Bytes{12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0}} / Raw{};  // in itself, again and again
  for (int i = 0; i < 6; ++i) nested = nested / nested;
  EXPECT_EQ(decode_one((nested / kV4).bytes(), LinkType::Pktap).fate, Fate::NotTcp);
}

TEST(DecodeLink, NotTcp) {
  const std::pair<const char*, Stack> cases[] = {
      {"ARP", Ethernet{.type = 0x0806} / Payload{46}},
      {"MACsec", Ethernet{.type = 0x88E5} / Payload{46}},
      {"NSH", Ethernet{.type = 0x894F} / kV4},
      {"spanning tree", Ethernet{.type = 38} / Raw{Bytes{0x42, 0x42, 3}} / Payload{43}},
      {"a short LLC frame", Ethernet{.type = 3} / Raw{Bytes{0x42, 0x42, 3}}},
      {"SNAP of a vendor", Ethernet{.type = 60} / Raw{Bytes{0xAA, 0xAA, 3, 0, 0, 0xC, 8, 0}} / kV4},
      {"a length that is none", Ethernet{.type = 1501} / kV4},
      {"PPPoE discovery", Ethernet{.type = 0x8863} / Payload{46}},
      {"PPPoE control", Ethernet{.type = 0x8864} / Raw{Bytes{0x11, 9, 0, 1, 0, 0}} / Payload{46}},
      {"LCP", Ppp{.protocol = 0xC021} / Payload{20}},
      {"Van Jacobson's compression", Ppp{.protocol = 0x2D} / Payload{20}},
      {"netlink", Sll{.hardware = 824} / kV4},
      {"cooked 802.11", Sll2{.hardware = 803} / kV4},
      {"beacon", Dot11{.type = 0, .subtype = 8} / Payload{60}},
      {"802.11 without data", Dot11{.subtype = 4} / Payload{60}},
      {"802.11, QoS, without data", Dot11{.subtype = 12} / Payload{60}},
      {"802.11, encrypted", Dot11{.is_protected = true} / LlcSnap{} / kV4},
      {"802.11, a later fragment", Dot11{.fragment = 1} / LlcSnap{} / kV4},
      {"a label over something else", Ethernet{} / Mpls{} / Raw{Bytes(40, 0x70)}},
      {"a pseudowire over ARP",
       Ethernet{} / Mpls{} / ControlWord{} / Ethernet{.type = 0x0806} / Payload{46}},
  };
  for (const auto& [what, packet] : cases) EXPECT_EQ(decode_one(packet).fate, Fate::NotTcp) << what;
}

TEST(DecodeLink, StacksWithoutEnd) {
  Stack tags = Ethernet{};
  for (int i = 0; i < 100; ++i) tags = tags / Vlan{.id = 1};
  EXPECT_EQ(decode_one(tags / kV4).fate, Fate::NotTcp);
  Stack labels = Ethernet{};
  for (int i = 0; i < 100; ++i) labels = labels / Mpls{};
  EXPECT_EQ(decode_one(labels / kV4).fate, Fate::NotTcp);
  Stack wires = Ethernet{};
  for (int i = 0; i < 100; ++i) wires = wires / Mpls{} / ControlWord{} / Ethernet{};
  EXPECT_EQ(decode_one(wires / kV4).fate, Fate::NotTcp);
  Stack snaps = Ethernet{};
  for (int i = 0; i < 100; ++i) snaps = snaps / LlcSnap{.type = 0x8100} / Vlan{.type = 100};
  EXPECT_EQ(decode_one(snaps / LlcSnap{} / kV4).fate, Fate::NotTcp);
}

/// A MAC address may begin like an IP header.
TEST(DecodeLink, APseudowireThatResemblesIp) {
  for (const int first : {0x45, 0x4C, 0x60, 0x00}) {
    Bytes inner = (Ethernet{} / kV4).bytes();
    inner[0] = static_cast<std::uint8_t>(first);
    const auto d = decode_one(Ethernet{} / Mpls{} / Raw{inner});
    EXPECT_EQ(d.fate, Fate::Decoded) << first;
  }
}

TEST(DecodeLink, RadiotapThatContradictsItself) {
  EXPECT_EQ(decode_one(Radiotap{.length = 7} / Dot11{} / LlcSnap{} / kV4).fate, Fate::Malformed);
  Bytes bytes = (Radiotap{} / Dot11{} / LlcSnap{} / kV4).bytes();
  bytes[2] = 255;
  EXPECT_EQ(decode_one(bytes, LinkType::Radiotap).fate, Fate::Malformed);
  bytes[0] = 1;
  EXPECT_EQ(decode_one(bytes, LinkType::Radiotap).fate, Fate::Malformed);
}

TEST(DecodeLink, ARunt) {
  EXPECT_EQ(decode_one(Bytes(13, 0), LinkType::Ethernet).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Bytes{}, LinkType::Ethernet).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Bytes{}, LinkType::Raw).fate, Fate::Malformed);
}

}  // namespace
}  // namespace synfin
