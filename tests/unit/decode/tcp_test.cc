/// \file
/// Tests of src/decode/tcp.cc and of the fields of a segment.
#include "decode/tcp.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/decode_one.h"

namespace synfin {
namespace {

using namespace test;

const Tcp kFull{.sport = 40000,
                .dport = 443,
                .seq = 0xFFFFFFF0,
                .ack_seq = 0x80000001,
                .syn = true,
                .fin = true,
                .ack = true,
                .ae = true,
                .window = 0xABCD};

TEST(DecodeTcp, EveryFieldV4) {
  const auto d = decode_one(
      Ethernet{} / Ipv4{.src = "192.0.2.9", .dst = "203.0.113.250", .ttl = 63, .id = 0x1234} /
      kFull / Payload{1000});
  ASSERT_EQ(d.fate, Fate::Decoded);
  const Segment& s = d.segment;
  EXPECT_EQ(s.kind, SegmentKind::Tcp);
  EXPECT_EQ(s.tuple.orig, (Endpoint{*Address::parse("192.0.2.9"), 40000}));
  EXPECT_EQ(s.tuple.resp, (Endpoint{*Address::parse("203.0.113.250"), 443}));
  EXPECT_EQ(s.seq, 0xFFFFFFF0);
  EXPECT_EQ(s.ack, 0x80000001);
  EXPECT_EQ(s.payload, 1000u);
  EXPECT_EQ(s.ip_length, 1040u);
  EXPECT_EQ(s.flags, kSyn | kFin | kAck | kAe);
  EXPECT_EQ(s.window, 0xABCD);
  EXPECT_EQ(s.ip_id, 0x1234);
  EXPECT_EQ(s.ttl, 63);
  EXPECT_EQ(s.encapsulation, Encapsulation{});
  EXPECT_EQ(s.icmp_type, 0);
  EXPECT_EQ(s.icmp_code, 0);
  EXPECT_FALSE(s.icmp_v6);
}

TEST(DecodeTcp, EveryFieldV6) {
  const auto d = decode_one(Ethernet{} /
                            Ipv6{.src = "2001:db8::9", .dst = "2001:db8:ffff::1", .hop_limit = 3} /
                            kFull / Payload{1000});
  ASSERT_EQ(d.fate, Fate::Decoded);
  const Segment& s = d.segment;
  EXPECT_EQ(s.tuple.orig, (Endpoint{*Address::parse("2001:db8::9"), 40000}));
  EXPECT_EQ(s.tuple.resp, (Endpoint{*Address::parse("2001:db8:ffff::1"), 443}));
  EXPECT_EQ(s.seq, 0xFFFFFFF0);
  EXPECT_EQ(s.ack, 0x80000001);
  EXPECT_EQ(s.payload, 1000u);
  EXPECT_EQ(s.ip_length, 1060u);
  EXPECT_EQ(s.flags, kSyn | kFin | kAck | kAe);
  EXPECT_EQ(s.window, 0xABCD);
  EXPECT_EQ(s.ip_id, 0);
  EXPECT_EQ(s.ttl, 3);
}

TEST(DecodeTcp, EachFlag) {
  const std::pair<Tcp, std::uint16_t> cases[] = {
      {Tcp{.fin = true}, kFin}, {Tcp{.syn = true}, kSyn}, {Tcp{.rst = true}, kRst},
      {Tcp{.psh = true}, kPsh}, {Tcp{.ack = true}, kAck}, {Tcp{.urg = true}, kUrg},
      {Tcp{.ece = true}, kEce}, {Tcp{.cwr = true}, kCwr}, {Tcp{.ae = true}, kAe},
  };
  for (const auto& [tcp, flag] : cases) EXPECT_EQ(decode_one(Ipv4{} / tcp).segment.flags, flag);
}

TEST(DecodeTcp, ReservedBitsAreNoFlags) {
  Bytes bytes = (Ethernet{} / Ipv4{} / Tcp{.syn = true}).bytes();
  bytes[14 + 20 + 12] |= 0x0E;
  EXPECT_EQ(decode_one(bytes, LinkType::Ethernet).segment.flags, kSyn);
}

TEST(DecodeTcp, OptionsAreNoPayload) {
  const auto d = decode_one(Ethernet{} / Ipv4{} / Tcp{.options = Bytes(40, 1)} / Payload{5});
  ASSERT_EQ(d.fate, Fate::Decoded);
  EXPECT_EQ(d.segment.payload, 5u);
  EXPECT_EQ(d.segment.ip_length, 85u);
}

TEST(DecodeTcp, ADataOffsetMustLieWithinThePacket) {
  for (int words = 0; words < 16; ++words) {
    const Tcp tcp{.data_offset = static_cast<std::uint8_t>(words)};
    const Fate expected = words >= 5 && words <= 7 ? Fate::Decoded : Fate::Malformed;
    EXPECT_EQ(decode_one(Ethernet{} / Ipv4{} / tcp / Payload{8}).fate, expected) << words;
    EXPECT_EQ(decode_one(Ethernet{} / Ipv6{} / tcp / Payload{8}).fate, expected) << words;
    EXPECT_EQ(decode_one(Ethernet{} / Vlan{} / Ipv4{} / tcp / Payload{8}).fate, expected) << words;
  }
}

/// 20 bytes of header yield a segment, even if the capture cut the options and the payload.
TEST(DecodeTcp, CutByTheSnapLength) {
  const Stack packets[] = {Ethernet{} / Ipv4{} / Tcp{.options = Bytes(20, 1)} / Payload{1000},
                           Ipv6{} / Tcp{.options = Bytes(20, 1)} / Payload{1000}};
  for (const Stack& packet : packets) {
    const std::size_t header = packet.bytes().size() - 1000 - 20;
    const auto d = decode_one(packet, header);
    ASSERT_EQ(d.fate, Fate::Decoded);
    EXPECT_EQ(d.segment.payload, 1000u);
    EXPECT_EQ(decode_one(packet, header - 1).fate, Fate::Truncated);
    EXPECT_EQ(decode_one(packet, header - 12).fate, Fate::Truncated);
  }
}

TEST(DecodeTcp, AnIpPacketTooSmallForTcp) {
  EXPECT_EQ(decode_one(Ethernet{} / Ipv4{.protocol = 6} / Payload{19}).fate, Fate::Malformed);
  EXPECT_EQ(decode_one(Ethernet{} / Ipv6{.next_header = 6} / Payload{19}).fate, Fate::Malformed);
}

/// The segment of a SYN with these options, of whose header the capture has `captured` bytes.
Segment options_in(std::initializer_list<std::uint8_t> options, std::uint32_t captured = 60) {
  std::vector<std::uint8_t> bytes(20);
  bytes.insert(bytes.end(), options);
  const auto wire = static_cast<std::uint32_t>(bytes.size());
  Segment segment;
  const ByteView view(bytes.data(), std::min(wire, captured), wire);
  segment.window_scale = find_window_scale(view, wire);
  store_syn_options(view, wire, segment);
  return segment;
}

std::uint8_t scale_in(std::initializer_list<std::uint8_t> options, std::uint32_t captured = 60) {
  return options_in(options, captured).window_scale;
}

TEST(SynOptions, AreFound) {
  const Segment all = options_in({2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7});
  EXPECT_EQ(all.mss, 1460);
  EXPECT_EQ(all.syn_options, kSackPermitted | kTimestamps);
  EXPECT_EQ(all.window_scale, 7);
  EXPECT_EQ(options_in({}).mss, 0);
  EXPECT_EQ(options_in({2, 3, 5, 1}).mss, 0) << "another length";
  EXPECT_EQ(options_in({0, 0, 4, 2}).syn_options, 0) << "behind the end of the list";
}

TEST(SynOptions, AreDecodedOnRequest) {
  const Bytes bytes = Ethernet{} / Ipv4{} / Tcp{.syn = true, .options = {2, 4, 5, 180}};
  const Packet packet{.data = bytes.data(),
                      .caplen = static_cast<std::uint32_t>(bytes.size()),
                      .wirelen = static_cast<std::uint32_t>(bytes.size()),
                      .link = LinkType::Ethernet};
  for (const bool wanted : {false, true}) {
    Segment segment;
    Decoder decoder({.syn_options = wanted});
    ASSERT_EQ(decoder.decode({&packet, 1}, {&segment, 1}), 1U);
    EXPECT_EQ(segment.mss, wanted ? 1460 : 0);
  }
}

TEST(SynOptions, AreMarkedIfTheCaptureHasCutThem) {
  EXPECT_EQ(options_in({2, 4, 5, 180, 4, 2}, 24).syn_options, kSynOptionsCutOff);
  EXPECT_EQ(options_in({2, 4, 5, 180, 4, 2}, 24).mss, 1460);
  EXPECT_EQ(options_in({2, 4, 5, 180}, 23).mss, 0);
  EXPECT_EQ(options_in({2, 4, 5, 180, 0, 0, 0, 0}, 26).syn_options, 0) << "the list has ended";
}

TEST(WindowScale, IsFoundAmongOtherOptions) {
  EXPECT_EQ(scale_in({3, 3, 7, 0}), 7);
  EXPECT_EQ(scale_in({2, 4, 5, 180, 1, 3, 3, 9}), 9);
  EXPECT_EQ(scale_in({1, 1, 1, 3, 3, 0}), 0);
  EXPECT_EQ(scale_in({8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 2, 0}), 2);
}

TEST(WindowScale, IsAbsentWithoutTheOption) {
  EXPECT_EQ(scale_in({}), kNoWindowScale);
  EXPECT_EQ(scale_in({2, 4, 5, 180}), kNoWindowScale);
  EXPECT_EQ(scale_in({0, 3, 3, 7}), kNoWindowScale) << "behind the end of the list";
}

TEST(WindowScale, IsAtMostFourteen) {
  EXPECT_EQ(scale_in({3, 3, 14, 0}), 14);
  EXPECT_EQ(scale_in({3, 3, 15, 0}), 14) << "RFC 7323 section 2.3";
  EXPECT_EQ(scale_in({3, 3, 255, 0}), 14);
}

TEST(WindowScale, StopsAtAMalformedOption) {
  EXPECT_EQ(scale_in({2, 0, 3, 3, 7, 0}), kNoWindowScale) << "an option of length 0";
  EXPECT_EQ(scale_in({2, 1, 3, 3, 7, 0}), kNoWindowScale) << "an option of length 1";
  EXPECT_EQ(scale_in({3}), kNoWindowScale) << "no length";
  EXPECT_EQ(scale_in({3, 3}), kNoWindowScale) << "no value";
  EXPECT_EQ(scale_in({3, 4, 7, 0}), kNoWindowScale) << "another length";
  EXPECT_EQ(scale_in({2, 200, 3, 3, 7, 0}), kNoWindowScale) << "longer than the header";
}

TEST(WindowScale, IsTheLargestIfTheCaptureHasCutTheOptions) {
  EXPECT_EQ(scale_in({1, 3, 3, 7}, 20), 14);
  EXPECT_EQ(scale_in({1, 3, 3, 7}, 23), 14);
  EXPECT_EQ(scale_in({1, 3, 3, 7}, 24), 7);
}

}  // namespace
}  // namespace synfin
