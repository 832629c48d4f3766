/// \file
/// Tests of src/decode/ipv6_chain.cc.
#include "decode/ipv6_chain.h"

#include <gtest/gtest.h>

#include "support/decode_one.h"

namespace synfin {
namespace {

using namespace test;

const Tcp kChainTcp{.seq = 1000, .syn = true};

TEST(Ipv6Chain, EachHeaderIsPassed) {
  const Stack rest = kChainTcp / Payload{7};
  const std::pair<const char*, Stack> cases[] = {
      {"hop-by-hop", Ipv6{} / HopByHop{} / rest},
      {"hop-by-hop, longer", Ipv6{} / HopByHop{.extra = 3} / rest},
      {"routing", Ipv6{} / Routing{} / rest},
      {"destination", Ipv6{} / DestinationOptions{.extra = 1} / rest},
      {"atomic fragment", Ipv6{} / Fragment{} / rest},
      {"authentication", Ipv6{} / Ah{} / rest},
      {"authentication, longer", Ipv6{} / Ah{.icv = 32} / rest},
      {"mobility", Ipv6{} / Extension{.number = 135} / rest},
      {"hip", Ipv6{} / Extension{.number = 139} / rest},
      {"shim6", Ipv6{} / Extension{.number = 140} / rest},
      {"all", Ipv6{} / HopByHop{} / DestinationOptions{} / Routing{.extra = 2} / Fragment{} / Ah{} /
                  DestinationOptions{.extra = 2} / rest},
  };
  for (const auto& [what, packet] : cases) {
    const auto d = decode_one(Ethernet{} / packet);
    ASSERT_EQ(d.fate, Fate::Decoded) << what;
    EXPECT_EQ(d.segment.seq, 1000u) << what;
    EXPECT_EQ(d.segment.payload, 7u) << what;
    EXPECT_EQ(d.segment.ip_length, packet.bytes().size()) << what;
    EXPECT_EQ(d.segment.tuple.resp.address, Address::parse("2001:db8::7")) << what;
  }
}

TEST(Ipv6Chain, TooManyHeadersAreNotFollowed) {
  Stack packet = Ethernet{} / Ipv6{};
  for (int i = 0; i < kMaxExtensionHeaders - 1; ++i) packet = packet / DestinationOptions{};
  EXPECT_EQ(decode_one(packet / kChainTcp).fate, Fate::Decoded);
  packet = packet / DestinationOptions{};
  EXPECT_EQ(decode_one(packet / kChainTcp).fate, Fate::NotTcp);
}

TEST(Ipv6Chain, AHeaderPastThePacket) {
  const Bytes too_long = {6, 9, 1, 4, 0, 0, 0, 0};
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.next_header = 60} / Raw{too_long} / Payload{20}).fate,
            Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.next_header = 60} / Payload{4}).fate, Fate::Malformed);
  const Stack good = Ethernet{} / Ipv6{} / DestinationOptions{.extra = 4} / kChainTcp;
  EXPECT_EQ(decode_one(good, 14 + 40 + 7).fate, Fate::Truncated);
  EXPECT_EQ(decode_one(good, 14 + 40 + 20).fate, Fate::Truncated);
}

TEST(Ipv6Chain, Fragments) {
  const auto first =
      decode_one(Ethernet{} / Ipv6{} / Fragment{.more = true} / kChainTcp / Payload{1000});
  EXPECT_EQ(first.fate, Fate::Decoded);
  EXPECT_EQ(first.segment.payload, 1000u);
  EXPECT_EQ(
      decode_one(Ethernet{} / Ipv6{} / Fragment{.offset = 1024, .more = true} / Payload{8}).fate,
      Fate::Fragment);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{} / Fragment{.offset = 8} / kChainTcp).fate,
            Fate::Fragment);
  const Stack tiny = Ipv6{.payload_length = 8 + 16} / Fragment{.more = true} / kChainTcp;
  EXPECT_EQ(decode_one(quote(tiny, 40 + 8 + 16).bytes, LinkType::Ipv6).fate, Fate::Truncated);
}

TEST(Ipv6Chain, Jumbograms) {
  const auto jumbo = [](std::uint32_t length) {
    return decode_one(Ethernet{} / Ipv6{.payload_length = 0} / HopByHop{.jumbo = length} /
                          kChainTcp / Payload{70000},
                      200);
  };
  const auto d = jumbo(8 + 20 + 70000);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 70000u);
  EXPECT_EQ(d.segment.ip_length, 70068u);
  EXPECT_EQ(jumbo(8 + 20 + 69000).segment.payload, 69000u);
  EXPECT_EQ(jumbo(8 + 20 + 70001).fate, Fate::Malformed);
  EXPECT_EQ(jumbo(7).fate, Fate::Malformed);
  EXPECT_EQ(jumbo(0xFFFFFFFF).fate, Fate::Malformed);
}

/// A jumbo option beside a payload length is none (RFC 2675 §3).
TEST(Ipv6Chain, JumboBesideALengthIsIgnored) {
  const auto d =
      decode_one(Ethernet{} / Ipv6{} / HopByHop{.jumbo = 1 << 20} / kChainTcp / Payload{5});
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 5u);
}

Raw routing(std::uint8_t type, std::uint8_t segments_left,
            std::initializer_list<const char*> addresses) {
  Bytes bytes = {6, static_cast<std::uint8_t>(addresses.size() * 2), type, segments_left, 0, 0, 0,
                 0};
  for (const char* text : addresses) {
    std::uint8_t raw[16];
    Address::parse(text)->store(raw);
    bytes.insert(bytes.end(), raw, raw + 16);
  }
  return Raw{bytes};
}

TEST(Ipv6Chain, ARoutingHeaderNamesTheFinalDestination) {
  const auto to = [](const Raw& header) {
    const auto d = decode_one(Ethernet{} / Ipv6{.next_header = 43} / header / kChainTcp);
    EXPECT_EQ(d.fate, Fate::Decoded);
    return d.segment.tuple.resp.address.to_string();
  };
  EXPECT_EQ(to(routing(0, 2, {"2001:db8::a", "2001:db8::b"})), "2001:db8::b");
  EXPECT_EQ(to(routing(0, 0, {"2001:db8::a", "2001:db8::b"})), "2001:db8::7");
  EXPECT_EQ(to(routing(2, 1, {"2001:db8::c"})), "2001:db8::c");
  EXPECT_EQ(to(routing(4, 1, {"2001:db8::d", "2001:db8::e"})), "2001:db8::d");
  EXPECT_EQ(to(routing(9, 1, {"2001:db8::d", "2001:db8::e"})), "2001:db8::7");
}

TEST(Ipv6Chain, AHomeAddressNamesTheSource) {
  Bytes bytes = {6, 2, 1, 2, 0, 0, 0xC9, 16};  // PadN, then the option
  std::uint8_t home[16];
  Address::parse("2001:db8::abcd")->store(home);
  bytes.insert(bytes.end(), home, home + 16);
  const auto d = decode_one(Ethernet{} / Ipv6{.next_header = 60} / Raw{bytes} / kChainTcp);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.tuple.orig.address, Address::parse("2001:db8::abcd"));
  bytes[7] = 15;  // of another length it is none
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.next_header = 60} / Raw{bytes} / kChainTcp)
                .segment.tuple.orig.address,
            Address::parse("2001:db8::1"));
}

TEST(Ipv6Chain, OptionsThatNeverEnd) {
  Bytes zeros(8 + 255 * 8, 0);  // Pad1 2046 times
  zeros[0] = 6;
  zeros[1] = 255;
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.next_header = 60} / Raw{zeros} / kChainTcp).fate,
            Fate::Decoded);
}

}  // namespace
}  // namespace synfin
