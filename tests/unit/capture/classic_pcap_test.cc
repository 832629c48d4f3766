#include "capture/classic_pcap.h"

#include <gtest/gtest.h>

#include <string>

#include "capture/packet_limits.h"
#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

const std::string kTwelve = "twelve bytes";

TEST(ClassicPcap, ReadsMicroAndNanosecondsInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    for (const bool nano : {false, true}) {
      const PcapHeader header{
          .magic = nano ? 0xa1b23c4d : 0xa1b2c3d4, .network = 113, .big_endian = big_endian};
      const ReadOutcome read = read_bytes(
          pcap_header(header) + pcap_record(1700000000, 123456, kTwelve, 1500, big_endian));
      const std::int64_t ns = 1700000000'000000000 + (nano ? 123456 : 123456000);
      ASSERT_EQ(read.packets.size(), 1U);
      EXPECT_EQ(read.packets[0], (Seen{ns, kTwelve, 1500, LinkType::LinuxSll, 0}));
      EXPECT_EQ(read.damage, "");
    }
  }
}

TEST(ClassicPcap, NamesItsInterface) {
  SavefileOptions options;
  options.first_interface = 7;
  const ReadOutcome read = read_bytes(
      pcap_header({.snap_length = 96, .network = 276}) + pcap_record(1, 0, "x"), options);
  ASSERT_EQ(read.interfaces.size(), 1U);
  EXPECT_EQ(read.interfaces[0].name, "");
  EXPECT_EQ(read.interfaces[0].link, LinkType::LinuxSll2);
  EXPECT_EQ(read.interfaces[0].link_number, 276);
  EXPECT_EQ(read.interfaces[0].snap_length, 96U);
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].interface, 7);
}

TEST(ClassicPcap, MasksTheBitsAboveTheLinkType) {
  const ReadOutcome read =
      read_bytes(pcap_header({.network = 0x54000001}) + pcap_record(1, 0, "x"));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].link, LinkType::Ethernet);
  EXPECT_EQ(read.interfaces[0].link_number, 1);
}

TEST(ClassicPcap, AcceptsTheDltNumbersOfRawIp) {
  for (const std::uint32_t network : {12U, 14U, 101U}) {
    const ReadOutcome read = read_bytes(pcap_header({.network = network}) + pcap_record(1, 0, "x"));
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.packets[0].link, LinkType::Raw) << network;
    EXPECT_EQ(read.interfaces[0].link_number, network);
  }
}

TEST(ClassicPcap, KeepsUnknownLinkTypes) {
  const ReadOutcome read = read_bytes(pcap_header({.network = 195}) + pcap_record(1, 0, "x"));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(static_cast<int>(read.packets[0].link), 195);
}

TEST(ClassicPcap, ReadsKuznetzovsRecords) {
  const std::string more =
      Octets().u32(3).u16(0x0800).u8(0).u8(0).str();  // interface index, protocol, packet type
  const std::string record = pcap_record(5, 6, kTwelve);
  const ReadOutcome read =
      read_bytes(pcap_header({.magic = 0xa1b2cd34}) + record.substr(0, 16) + more +
                 record.substr(16) + record.substr(0, 16) + more + record.substr(16));
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[1], (Seen{5'000'006'000, kTwelve, 12, LinkType::Ethernet, 0}));
}

TEST(ClassicPcap, KuznetzovsEthernetMayExceedTheSnapLengthByItsHeader) {
  const std::string more(8, '\0');
  const std::string record = pcap_record(1, 0, std::string(40, 'x'));
  const ReadOutcome read = read_bytes(pcap_header({.magic = 0xa1b2cd34, .snap_length = 20}) +
                                      record.substr(0, 16) + more + record.substr(16));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].bytes.size(), 34U);
}

TEST(ClassicPcap, KnowsTheVersionsThatSwapLengths) {
  struct Case {
    unsigned major, minor;
    std::uint32_t first, second;  // the two lengths as stored; the captured one is 12
  };
  for (const Case& c : {Case{2, 4, 12, 60}, Case{2, 2, 60, 12}, Case{2, 3, 12, 60},
                        Case{2, 3, 60, 12}, Case{543, 0, 60, 12}}) {
    const std::string record =
        Octets().u32(1).u32(0).u32(c.first).u32(c.second).text(kTwelve).str();
    const ReadOutcome read =
        read_bytes(pcap_header({.major = c.major, .minor = c.minor}) + record + record);
    ASSERT_EQ(read.packets.size(), 2U)
        << c.major << '.' << c.minor << ' ' << read.error << read.damage;
    EXPECT_EQ(read.packets[1].bytes, kTwelve);
    EXPECT_EQ(read.packets[1].wirelen, 60U);
  }
}

TEST(ClassicPcap, RefusesUnknownVersions) {
  EXPECT_EQ(read_bytes(pcap_header({.major = 1, .minor = 3})).error,
            "x.pcap: pcap version 1.3 is not supported");
}

TEST(ClassicPcap, CutsPacketsToTheSnapLength) {
  const ReadOutcome read = read_bytes(pcap_header({.snap_length = 5}) + pcap_record(1, 0, kTwelve) +
                                      pcap_record(2, 0, "abc"));
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[0].bytes, "twelv");
  EXPECT_EQ(read.packets[0].wirelen, 12U);
  EXPECT_EQ(read.packets[1].bytes, "abc");
}

TEST(ClassicPcap, IgnoresASnapLengthOfZeroOrAbove31Bits) {
  for (const std::uint32_t snap : {0U, 0x80000000U, 0xFFFFFFFFU}) {
    const ReadOutcome read =
        read_bytes(pcap_header({.snap_length = snap}) + pcap_record(1, 0, kTwelve));
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.packets[0].bytes, kTwelve);
  }
}

TEST(ClassicPcap, KeepsAWireLengthBelowTheCapturedOne) {
  const ReadOutcome read = read_bytes(pcap_header() + pcap_record(1, 0, kTwelve, 3));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].wirelen, 3U);
  EXPECT_EQ(read.packets[0].bytes, kTwelve);
}

TEST(ClassicPcap, TimesDoNotOverflow) {
  const ReadOutcome last = read_bytes(pcap_header() + pcap_record(0xFFFFFFFF, 0xFFFFFFFF, "x"));
  ASSERT_EQ(last.packets.size(), 1U);
  EXPECT_EQ(last.packets[0].ns, 4294967295'000000000 + 4294967295'000);
  const ReadOutcome later = read_bytes(pcap_header() + pcap_record(0x80000000, 0, "y"));
  ASSERT_EQ(later.packets.size(), 1U);
  EXPECT_EQ(later.packets[0].ns, 2147483648'000000000) << "2038 is not 1901";
}

/// What a crash leaves at the end of a file.
TEST(ClassicPcap, EndsBeforeZerosAtTheEnd) {
  const std::string records = pcap_header() + pcap_record(1, 0, "one") + pcap_record(2, 0, "");
  for (const std::size_t zeros : {16, 17, 4096}) {
    for (const std::size_t chunk : {7, 10'000}) {
      const ReadOutcome read = read_bytes(records + std::string(zeros, '\0'), chunks_of(chunk));
      EXPECT_EQ(read.packets.size(), 2U) << zeros;
      EXPECT_EQ(read.damage, "x.pcap: zeros follow the last packet record, from byte 59 on");
    }
  }
}

TEST(ClassicPcap, SkipsZerosBetweenRecords) {
  const std::string before = pcap_header() + pcap_record(1, 0, "one") + pcap_record(2, 0, "");
  const std::string after = pcap_record(3, 0, "three") + pcap_record(4, 0, "four");
  for (const std::size_t chunk : {7, 64, 10'000}) {
    for (const std::size_t batch : {1, 16}) {
      const std::string zeros(4096, '\0');
      const ReadOutcome read = read_bytes(before + zeros + after, chunks_of(chunk), batch);
      ASSERT_EQ(read.packets.size(), 4U) << chunk;
      EXPECT_EQ(read.packets[3].bytes, "four");
      constexpr const char* kGap =
          "x.pcap: zeros between two packet records were skipped, from byte 59 to 4154";
      EXPECT_EQ(read.damage, kGap);
      const ReadOutcome twice = read_bytes(before + zeros + after + zeros, chunks_of(chunk), batch);
      EXPECT_EQ(twice.packets.size(), 4U);
      EXPECT_EQ(twice.damage, kGap);
      const std::string wild = pcap_record(5, 0, std::string(16, '\xFF'));
      const ReadOutcome cut =
          read_bytes(before + zeros + wild.substr(0, 20), chunks_of(chunk), batch);
      EXPECT_EQ(cut.packets.size(), 2U);
      EXPECT_NE(cut.damage.find("cut off after 20 of 32 bytes"), std::string::npos) << cut.damage;
    }
  }
}

/// Two files, put together with cat.
TEST(ClassicPcap, ReadsAnotherCaptureInTheSameFile) {
  const std::string first = pcap_header() + pcap_record(1, 0, "one");
  const std::string same = pcap_header() + pcap_record(2, 0, "two");
  const std::string other = pcap_header({.magic = 0xa1b23c4d, .network = 101, .big_endian = true}) +
                            pcap_record(3, 5, "three", 5, true);
  for (const std::size_t chunk : {7, 10'000}) {
    for (const std::size_t batch : {1, 16}) {
      const ReadOutcome read = read_bytes(first + same + other, chunks_of(chunk), batch);
      ASSERT_EQ(read.packets.size(), 3U);
      EXPECT_EQ(read.packets[1].bytes, "two");
      EXPECT_EQ(read.packets[1].interface, 0) << "the same link type";
      EXPECT_EQ(read.packets[2].bytes, "three");
      EXPECT_EQ(read.packets[2].ns, 3'000'000'005);
      EXPECT_EQ(read.packets[2].link, LinkType::Raw);
      EXPECT_EQ(read.packets[2].interface, 1);
      EXPECT_EQ(read.interfaces.size(), 2U);
      EXPECT_EQ(read.damage,
                "x.pcap: another capture begins at byte 43, in the middle of the file");
    }
  }
  EXPECT_EQ(
      read_bytes(first + same + std::string(20, 'x')).damage,
      "x.pcap: another capture begins at byte 43, in the middle of the file; the packet record "
      "at byte 86 claims 2021161080 captured bytes, more than any packet has");
  EXPECT_EQ(read_bytes(first + same.substr(0, 20)).packets.size(), 1U);
}

TEST(ClassicPcap, RefusesPacketsAboveTheLimit) {
  const std::string largest(kMaxCaplen, 'x');
  const std::string good = pcap_header() + pcap_record(1, 0, largest) + pcap_record(2, 0, "after");
  const ReadOutcome read = read_bytes(good, chunks_of(1000));
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[0].bytes, largest);
  EXPECT_EQ(read.packets[1].bytes, "after");

  const ReadOutcome larger = read_bytes(good + pcap_record(3, 0, largest + "y"));
  EXPECT_EQ(larger.packets.size(), 2U);
  EXPECT_EQ(larger.damage,
            "x.pcap: the packet record at byte 262205 claims 262145 captured bytes, more than any "
            "packet has");
}

TEST(ClassicPcap, UsbMessagesMayBeLarger) {
  const ReadOutcome read =
      read_bytes(pcap_header({.network = 220}) + pcap_record(1, 0, std::string(1'000'000, 'u')));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].bytes.size(), 262144U) << "the header's snap length";
  EXPECT_EQ(read.damage, "");
}

TEST(ClassicPcap, ReportsWhereARecordIsCut) {
  const std::string whole =
      pcap_header() + pcap_record(1, 0, kTwelve) + pcap_record(2, 0, std::string(44, 'x'));
  for (const std::size_t chunk : {1UL, 17UL, 4096UL}) {
    const ReadOutcome in_data = read_bytes(whole.substr(0, 24 + 28 + 16 + 12), chunks_of(chunk));
    EXPECT_EQ(in_data.packets.size(), 1U);
    EXPECT_EQ(in_data.damage,
              "x.pcap: the packet record at byte 52 is cut off after 28 of 60 bytes");
    const ReadOutcome in_header = read_bytes(whole.substr(0, 24 + 28 + 5), chunks_of(chunk));
    EXPECT_EQ(in_header.packets.size(), 1U);
    EXPECT_EQ(in_header.damage,
              "x.pcap: the packet record at byte 52 is cut off after 5 of its 16 header bytes");
  }
}

TEST(ClassicPcap, ReportsWhereItsHeaderIsCut) {
  EXPECT_EQ(read_bytes(pcap_header().substr(0, 10)).error,
            "x.pcap: the pcap header is cut off after 10 of 24 bytes");
}

TEST(ClassicPcap, MayHoldNoPacket) {
  const ReadOutcome read = read_bytes(pcap_header());
  EXPECT_TRUE(read.packets.empty());
  EXPECT_EQ(read.error + read.damage, "");
}

}  // namespace
}  // namespace synfin::test
