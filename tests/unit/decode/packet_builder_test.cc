/// \file
/// Tests of tests/support/packet_builder.cc against bytes written down by hand: the other decoder
/// tests build on it.
#include "support/packet_builder.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace synfin {
namespace {

using namespace test;

std::string hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t b : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", b);
    text += two;
  }
  return text;
}

TEST(PacketBuilder, TcpOverIpv4WithItsChecksums) {
  const Stack packet = Ethernet{} / Vlan{.id = 7} /
                       Ipv4{.src = "192.0.2.1", .dst = "198.51.100.7", .ttl = 64} /
                       Tcp{.sport = 40000, .dport = 80, .seq = 1000, .syn = true} / Payload{3};
  EXPECT_EQ(hex(packet),
            "020000000002"
            "020000000001"
            "8100"
            "0007"
            "0800"
            "4500002b"
            "00000000"
            "40068e91"
            "c0000201"
            "c6336407"
            "9c400050"
            "000003e8"
            "00000000"
            "5002ffff"
            "212a0000"
            "000102");
  EXPECT_EQ(packet.link(), LinkType::Ethernet);
}

TEST(PacketBuilder, Ipv6WithExtensionHeaders) {
  const Stack packet =
      Ipv6{} / HopByHop{} / Fragment{.offset = 8, .more = true, .id = 2} / Payload{1};
  EXPECT_EQ(hex(packet),
            "60000000"
            "0011"
            "00"
            "40"
            "20010db8000000000000000000000001"
            "20010db8000000000000000000000007"
            "2c000104"
            "00000000"
            "3b000009"
            "00000002"
            "00");
  EXPECT_EQ(packet.link(), LinkType::Raw);
}

TEST(PacketBuilder, FieldsSetByHandAreKept) {
  const Bytes bytes = (Ipv4{.total_length = 7, .checksum = 8, .version_ihl = 9} /
                       Tcp{.data_offset = 3, .checksum = 4})
                          .bytes();
  EXPECT_EQ(bytes[0], 9);
  EXPECT_EQ(bytes[3], 7);
  EXPECT_EQ(bytes[11], 8);
  EXPECT_EQ(bytes[20 + 12], 0x30);
  EXPECT_EQ(bytes[20 + 17], 4);
}

TEST(PacketBuilder, LlcGetsALength) {
  const Bytes bytes = (Ethernet{} / LlcSnap{} / Ipv4{} / Tcp{}).bytes();
  EXPECT_EQ(bytes[12] << 8 | bytes[13], 48);
  EXPECT_EQ(bytes.size(), 14u + 48);
}

TEST(PacketBuilder, AnAddressThatIsNoneThrows) {
  EXPECT_THROW((Ipv4{.src = "nowhere"} / Tcp{}).bytes(), std::invalid_argument);
}

TEST(PacketBuilder, QuoteCuts) {
  EXPECT_EQ(quote(Ipv4{} / Tcp{}, 28).bytes.size(), 28u);
  EXPECT_EQ(quote(Ipv4{} / Tcp{}).bytes.size(), 40u);
}

TEST(SavefileWriter, HeaderAndPackets) {
  const TimedPacket packets[] = {{.time = timestamp_from_ns(5'000'001'234), .bytes = {1, 2, 3}},
                                 {.time = timestamp_from_ns(6), .bytes = {4}, .wirelen = 1500}};
  EXPECT_EQ(hex(pcap_bytes(packets, LinkType::LinuxSll2)),
            "d4c3b2a1"
            "02000400"
            "00000000"
            "00000000"
            "00000400"
            "14010000"
            "05000000"
            "01000000"
            "03000000"
            "03000000"
            "010203"
            "00000000"
            "00000000"
            "01000000"
            "dc050000"
            "04");
  const Bytes nano = pcap_bytes(packets, LinkType::Ethernet, PcapResolution::Nano);
  EXPECT_EQ(hex(nano).substr(0, 8), "4d3cb2a1");
  EXPECT_EQ(hex(nano).substr(24 * 2 + 8, 8), "d2040000");
}

TEST(SavefileWriter, WritesOrThrows) {
  const auto path = std::filesystem::temp_directory_path() / "synfin_savefile_writer_test.pcap";
  const TimedPacket packets[] = {{.bytes = (Ethernet{} / Ipv4{} / Tcp{}).bytes()}};
  write_pcap(path.string(), packets, LinkType::Ethernet);
  std::ifstream file(path, std::ios::binary);
  const Bytes read((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(read, pcap_bytes(packets, LinkType::Ethernet));
  std::filesystem::remove(path);
  EXPECT_THROW(write_pcap("/nonexistent/folder/x.pcap", packets, LinkType::Ethernet),
               std::runtime_error);
}

}  // namespace
}  // namespace synfin
