/// \file
/// Tests of src/decode/ip.cc: versions, lengths, options, fragments, protocols.
#include "decode/ip.h"

#include <gtest/gtest.h>

#include "support/decode_one.h"

namespace synfin {
namespace {

using namespace test;

const Tcp kSynTcp{.seq = 1000, .syn = true};

TEST(DecodeIpv4, OptionsAreSkipped) {
  for (std::size_t words = 0; words <= 10; ++words) {
    const auto d =
        decode_one(Ethernet{} / Ipv4{.options = Bytes(words * 4, 1)} / kSynTcp / Payload{7});
    ASSERT_EQ(d.fate, Fate::Decoded) << words;
    EXPECT_EQ(d.segment.seq, 1000u);
    EXPECT_EQ(d.segment.payload, 7u);
    EXPECT_EQ(d.segment.ip_length, 47 + words * 4);
  }
}

TEST(DecodeIpv4, ContradictoryHeadersAreMalformed) {
  const std::pair<const char*, Ipv4> cases[] = {
      {"version 5", Ipv4{.version_ihl = 0x55}},
      {"version 0", Ipv4{.version_ihl = 0x05}},
      {"four words", Ipv4{.version_ihl = 0x44}},
      {"no words", Ipv4{.version_ihl = 0x40}},
      {"options past the packet", Ipv4{.version_ihl = 0x4F}},
      {"shorter than its header", Ipv4{.total_length = 19}},
      {"one byte", Ipv4{.total_length = 1}},
      {"no room for TCP", Ipv4{.total_length = 39}},
      {"longer than the wire", Ipv4{.total_length = 41}},
      {"far longer than the wire", Ipv4{.total_length = 0xFFFF}},
  };
  for (const auto& [what, ip] : cases) {
    EXPECT_EQ(decode_one(Ethernet{} / ip / kSynTcp).fate, Fate::Malformed) << what;
    EXPECT_EQ(decode_one(ip / kSynTcp).fate, Fate::Malformed) << what;
  }
}

TEST(DecodeIpv4, AMalformedHeaderIsMalformedForEachProtocol) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.total_length = 19} / Udp{}).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.version_ihl = 0x44} / Udp{}).fate, Fate::Malformed);
}

TEST(DecodeIpv4, LinkPaddingIsNoPayload) {
  const auto d = decode_one(Ethernet{.pad = true} / Ipv4{} / kSynTcp);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 0u);
  EXPECT_EQ(d.segment.ip_length, 40u);
}

/// Segmentation offload hands the capture a packet whose length is yet to be written.
TEST(DecodeIpv4, NoTotalLengthMeansTheWire) {
  const auto d = decode_one(Ethernet{} / Ipv4{.total_length = 0} / kSynTcp / Payload{80000}, 96);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 80000u);
  EXPECT_EQ(d.segment.ip_length, 80040u);
}

TEST(DecodeIpv6, NoPayloadLengthMeansTheWire) {
  const auto d = decode_one(Ethernet{} / Ipv6{.payload_length = 0} / kSynTcp / Payload{80000}, 96);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 80000u);
  EXPECT_EQ(d.segment.ip_length, 80060u);
}

TEST(DecodeIpv6, LinkPaddingIsNoPayload) {
  Bytes bytes = (Ethernet{} / Ipv6{} / kSynTcp).bytes();
  bytes.resize(bytes.size() + 9);
  const auto d = decode_one(bytes, LinkType::Ethernet);
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 0u);
  EXPECT_EQ(d.segment.ip_length, 60u);
}

TEST(DecodeIpv6, ContradictoryHeadersAreMalformed) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.version = 5} / kSynTcp).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.payload_length = 21} / kSynTcp).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.payload_length = 19} / kSynTcp).fate, Fate::Malformed);
}

TEST(DecodeIp, AFrameThatEndsOnTheWire) {
  EXPECT_EQ(decode_one(Ethernet{.type = 0x0800} / Payload{19}).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{.type = 0x86DD} / Payload{39}).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{.type = 0x0800}).fate, Fate::Malformed);
}

TEST(DecodeIp, OtherProtocolsAreNotTcp) {
  for (int protocol = 0; protocol < 256; ++protocol) {
    const auto number = static_cast<std::uint8_t>(protocol);
    const Fate v4 = decode_one(Ethernet{} / Ipv4{.protocol = number} / Payload{64}).fate;
    if (protocol == kProtocolTcp) continue;
    const bool header_follows =
        number == 1 || number == 4 || number == 41 || number == 47 || number == 51;
    EXPECT_TRUE(v4 == Fate::NotTcp || header_follows) << protocol;
    EXPECT_NE(v4, Fate::Decoded) << protocol;
  }
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Udp{} / Payload{30}).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{} / Udp{} / Payload{30}).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.next_header = 59}).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.protocol = 50} / Payload{30}).fate, Fate::NotTcp);  // ESP
}

TEST(DecodeIpv4, TheFirstFragmentIsDecodedAndTheRestCounted) {
  const Ipv4 first{.more_fragments = true};
  const auto d = decode_one(Ethernet{} / first / kSynTcp / Payload{1460});
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 1460u);
  const Ipv4 middle{.fragment_offset = 1480, .more_fragments = true, .protocol = 6};
  EXPECT_EQ(decode_one(Ethernet{} / middle / Payload{1480}).fate, Fate::Fragment);
  const Ipv4 last{.fragment_offset = 2960, .protocol = 6};
  EXPECT_EQ(decode_one(Ethernet{} / last / Payload{40}).fate, Fate::Fragment);
  const Ipv4 udp{.fragment_offset = 8, .protocol = 17};
  EXPECT_EQ(decode_one(Ethernet{} / udp / Payload{40}).fate, Fate::Fragment);
}

TEST(DecodeIpv4, AFragmentMayCutTheOptionsButNotTheHeader) {
  const Tcp options{.seq = 5, .options = Bytes(20, 1)};
  const auto packet = [&](std::size_t size) {
    const Raw front = quote(options, size);
    return decode_one(Ethernet{} / Ipv4{.more_fragments = true, .protocol = 6} / front);
  };
  EXPECT_EQ(packet(24).fate, Fate::Decoded);
  EXPECT_EQ(packet(24).segment.payload, 0u);
  EXPECT_EQ(packet(24).segment.seq, 5u);
  EXPECT_EQ(packet(16).fate, Fate::Truncated);
  EXPECT_EQ(packet(8).fate, Fate::Truncated);
}

TEST(DecodeIpv4, DontFragmentIsNoFragment) {
  Bytes bytes = (Ethernet{} / Ipv4{} / kSynTcp).bytes();
  bytes[14 + 6] |= 0x40;
  EXPECT_EQ(decode_one(bytes, LinkType::Ethernet).fate, Fate::Decoded);
  bytes[14 + 6] |= 0x80;  // reserved
  EXPECT_EQ(decode_one(bytes, LinkType::Ethernet).fate, Fate::Decoded);
}

TEST(DecodeIpv4, AuthenticationHeader) {
  const auto d = decode_one(Ethernet{} / Ipv4{} / Ah{} / kSynTcp / Payload{9});
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 9u);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / Ah{} / Udp{} / Payload{9}).fate, Fate::NotTcp);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.protocol = 51} /
                       Raw{Bytes{6, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}})
                .fate,
            Fate::Malformed);
}

}  // namespace
}  // namespace synfin
