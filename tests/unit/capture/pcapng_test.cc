#include "capture/pcapng.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

const std::string kTwelveBytes = "twelve bytes";

std::string resolution(unsigned value, bool big_endian = false) {
  Octets options(big_endian);
  return option(options, 9, std::string(1, static_cast<char>(value))).str();
}

std::string statistics(std::uint32_t id, std::uint64_t if_drop, std::uint64_t os_drop) {
  Octets body;
  body.u32(id).u64(0);
  option(body, 5, Octets().u64(if_drop).str());
  option(body, 7, Octets().u64(os_drop).str());
  return block(5, body.u32(0));
}

TEST(Pcapng, ReadsEnhancedPacketsInBothByteOrders) {
  for (const bool big : {false, true}) {
    const std::string file = section(big) + interface(1, 0, Octets(big)) +
                             enhanced(0, 1700000000'123456, "a longer packet", 99, big);
    for (const std::size_t chunk : {1UL, 13UL, 4096UL}) {
      const ReadOutcome read = read_bytes(file, chunks_of(chunk));
      ASSERT_EQ(read.packets.size(), 1U) << read.error << read.damage;
      EXPECT_EQ(read.packets[0],
                (Seen{1700000000'123456000, "a longer packet", 99, LinkType::Ethernet, 0}));
      EXPECT_EQ(read.damage, "");
    }
  }
}

TEST(Pcapng, InterfacesDifferInLinkTypeResolutionOffsetAndName) {
  Octets first;
  option(first, 2, "eth0");
  Octets second;
  option(option(option(second, 2, "tun0"), 9, "\x09"), 14, Octets().u64(1000).str()).u32(0);
  const std::string file = section() + interface(1, 64, first) + interface(101, 0, second) +
                           enhanced(1, 5, "raw") + enhanced(0, 5, "ether");
  SavefileOptions options;
  options.first_interface = 3;
  const ReadOutcome read = read_bytes(file, options);
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[0], (Seen{1000'000000005, "raw", 3, LinkType::Raw, 4}));
  EXPECT_EQ(read.packets[1], (Seen{5000, "ether", 5, LinkType::Ethernet, 3}));
  ASSERT_EQ(read.interfaces.size(), 2U);
  EXPECT_EQ(read.interfaces[0].name, "eth0");
  EXPECT_EQ(read.interfaces[0].snap_length, 64U);
  EXPECT_EQ(read.interfaces[1].name, "tun0");
  EXPECT_EQ(read.interfaces[1].link_number, 101);
}

TEST(Pcapng, ResolutionMayBeAPowerOfTwo) {
  Octets options;
  options.text(resolution(0x80 | 10));
  const ReadOutcome read =
      read_bytes(section() + interface(1, 0, options) + enhanced(0, 1024 * 7 + 512, "x"));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].ns, 7'500'000'000);
}

TEST(Pcapng, MalformedOptionsEndTheList) {
  Octets options;
  option(option(options, 2, "eth0"), 9, "\x09\x09").u16(14).u16(9999);
  const ReadOutcome read = read_bytes(section() + interface(1, 0, options) + enhanced(0, 5, "x"));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].ns, 5000) << "a resolution of two bytes is none";
  EXPECT_EQ(read.interfaces[0].name, "eth0");
}

TEST(Pcapng, SectionsRenumberInterfacesAndMayChangeByteOrder) {
  const std::string file = section() + interface(1) + enhanced(0, 1, "one") + section(true) +
                           interface(113, 0, Octets(true)) + enhanced(0, 2, "two", 3, true) +
                           section() + interface(101) + enhanced(0, 3, "three");
  for (const std::size_t chunk : {1UL, 4096UL}) {
    const ReadOutcome read = read_bytes(file, chunks_of(chunk));
    ASSERT_EQ(read.packets.size(), 3U) << read.damage;
    EXPECT_EQ(read.packets[0], (Seen{1000, "one", 3, LinkType::Ethernet, 0}));
    EXPECT_EQ(read.packets[1], (Seen{2000, "two", 3, LinkType::LinuxSll, 1}));
    EXPECT_EQ(read.packets[2], (Seen{3000, "three", 5, LinkType::Raw, 2}));
    EXPECT_EQ(read.interfaces.size(), 3U);
    EXPECT_EQ(read.damage, "");
  }
}

TEST(Pcapng, ReadsTheObsoletePacketBlock) {
  const std::string file =
      section() + interface(1) + interface(101) +
      block(2, Octets().u16(1).u16(9).u32(0).u32(7).u32(12).u32(60).text(kTwelveBytes));
  const ReadOutcome read = read_bytes(file);
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0], (Seen{7000, kTwelveBytes, 60, LinkType::Raw, 1}));
}

TEST(Pcapng, SimplePacketsHaveNoTimeAndAreCutToTheSnapLength) {
  const std::string simple = block(3, Octets().u32(60).text(kTwelveBytes));
  const ReadOutcome snapped = read_bytes(section() + interface(1, 10) + simple);
  ASSERT_EQ(snapped.packets.size(), 1U);
  EXPECT_EQ(snapped.packets[0], (Seen{0, "twelve byt", 60, LinkType::Ethernet, 0}));
  const ReadOutcome unlimited = read_bytes(section() + interface(1) + simple);
  ASSERT_EQ(unlimited.packets.size(), 1U);
  EXPECT_EQ(unlimited.packets[0].bytes, kTwelveBytes) << "never more than the block holds";
}

TEST(Pcapng, SkipsOtherBlocksOfAnySize) {
  const std::string file = section() + block(0x0BAD, Octets().text(std::string(3'000'000, 'z'))) +
                           interface(1) + block(4, Octets().text("names")) + enhanced(0, 1, "x");
  for (const std::size_t chunk : {13UL, 4096UL}) {
    const ReadOutcome read = read_bytes(file, chunks_of(chunk));
    EXPECT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.damage, "");
  }
}

TEST(Pcapng, PacketBlocksMayCarryOptionsAndExceedTheSnapLength) {
  Octets body;
  body.u32(0).u32(0).u32(9).u32(12).u32(12).text(kTwelveBytes);
  option(body, 1, "a comment").u32(0);
  const ReadOutcome read = read_bytes(section() + interface(1, 5) + block(6, body));
  ASSERT_EQ(read.packets.size(), 1U);
  EXPECT_EQ(read.packets[0].bytes, kTwelveBytes);
}

TEST(Pcapng, UsbMessagesMayBeLarger) {
  const std::string file = enhanced(0, 1, std::string(17 << 20, 'u'));
  EXPECT_EQ(read_bytes(section() + interface(220) + file).packets.size(), 1U);
  EXPECT_NE(read_bytes(section() + interface(1) + file).damage, "");
}

TEST(Pcapng, SumsTheLastStatisticsOfEachInterface) {
  const std::string file = section() + interface(1) + interface(1) + statistics(0, 1, 10) +
                           statistics(0, 5, 20) + statistics(1, 100, 1000) + statistics(9, 7, 7) +
                           section() + interface(1) + statistics(0, 10000, 100000);
  const ReadOutcome read = read_bytes(file);
  EXPECT_EQ(read.drops.interface, 10105U);
  EXPECT_EQ(read.drops.kernel, 101020U);
}

TEST(Pcapng, DropCountsDoNotWrap) {
  const std::uint64_t most = ~std::uint64_t{0};
  const ReadOutcome read = read_bytes(section() + interface(1) + interface(1) +
                                      statistics(0, most, most) + statistics(1, most, 5));
  EXPECT_EQ(read.drops.interface, most);
  EXPECT_EQ(read.drops.kernel, most);
}

TEST(Pcapng, InterfacesAreKnownOnceTheFileIsOpen) {
  const std::string file = section() + interface(1) + interface(101) + enhanced(0, 1, "x");
  const std::vector<std::uint8_t> bytes(file.begin(), file.end());
  auto source = open_savefile_bytes(bytes, "x");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->interfaces().size(), 2U);
  EXPECT_EQ(read_all(**source).size(), 1U);
}

TEST(Pcapng, TimesAreClamped) {
  Octets far;
  option(option(far, 9, std::string(1, '\0')), 14, Octets().u64(INT64_MAX).str());
  Octets past;
  option(past, 14, Octets().u64(static_cast<std::uint64_t>(INT64_MIN)).str());
  const ReadOutcome read = read_bytes(section() + interface(1, 0, far) + interface(1, 0, past) +
                                      enhanced(0, ~std::uint64_t{0}, "x") + enhanced(1, 0, "y"));
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[0].ns, 7'258'118'400'000'000'000) << "the year 2200";
  EXPECT_EQ(read.packets[1].ns, read.packets[0].ns);
}

/// An enhanced packet whose options state that `dropped` packets were lost before it.
std::string with_drops(std::uint32_t id, std::uint64_t dropped) {
  Octets body;
  body.u32(id).u32(0).u32(0).u32(3).u32(3).text("abc").pad4();
  option(body, 2, Octets().u32(0).str());
  option(body, 4, Octets().u64(dropped).str());
  return block(6, body.u32(0));
}

TEST(Pcapng, CountsTheDropsThatPacketsState) {
  const std::string packets = with_drops(0, 5) + with_drops(1, 7) + with_drops(0, 5);
  const ReadOutcome read = read_bytes(section() + interface(1) + interface(1) + packets);
  EXPECT_EQ(read.packets.size(), 3U);
  EXPECT_EQ(read.drops.kernel, 17U);
  const ReadOutcome both = read_bytes(section() + interface(1) + interface(1) + packets +
                                      statistics(0, 4, 3) + statistics(1, 1, 9));
  EXPECT_EQ(both.drops.interface, 5U);
  EXPECT_EQ(both.drops.kernel, 6U + 9U) << "the larger count of each interface";
}

TEST(Pcapng, DropsOfPacketsSaturate) {
  const std::string packets = with_drops(0, UINT64_MAX) + with_drops(0, 2);
  EXPECT_EQ(read_bytes(section() + interface(1) + packets).drops.kernel, UINT64_MAX);
}

// Damage is reported, and the packets after it are read if possible.

struct Damage {
  const char* what;
  std::string bytes;
  std::string sentence;
  std::size_t packets;
};

TEST(Pcapng, ReportsDamageAndContinuesIfPossible) {
  const std::string head = section() + interface(1);      // 28 + 20 bytes
  const std::string good = enhanced(0, 1, kTwelveBytes);  // 44 bytes
  std::string trailer = good;
  trailer[40] = 99;
  std::string caplen = good;
  caplen[20] = 13;
  const Damage cases[] = {
      {"trailer", head + trailer + good,
       "x.pcap: the block at byte 48 has length 44 at its start and 99 at its end", 2},
      {"caplen", head + caplen + good,
       "x.pcap: the packet block at byte 48 claims 13 captured bytes but holds at most 12", 1},
      {"interface", head + enhanced(5, 1, "x") + good,
       "x.pcap: the packet block at byte 48 names interface 5, which is not described", 1},
      {"no interface", section() + good,
       "x.pcap: the packet block at byte 28 names interface 0, which is not described", 0},
      {"small packet", head + block(6, Octets().u32(0)) + good,
       "x.pcap: the packet block at byte 48 has only 16 bytes, too few for a packet", 1},
      {"small simple packet", head + block(3, Octets()) + good,
       "x.pcap: the packet block at byte 48 has only 12 bytes, too few for a packet", 1},
      {"small interface", head + block(1, Octets().u16(1).u16(0)) + good,
       "x.pcap: the interface description at byte 48 has only 16 bytes", 1},
      {"length 7", head + good + Octets().u32(6).u32(7).u32(7).str() + good,
       "x.pcap: the block at byte 92 has an invalid length of 7 bytes", 1},
      {"length 45", head + good + Octets().u32(6).u32(45).u32(7).str() + good,
       "x.pcap: the block at byte 92 has an invalid length of 45 bytes", 1},
      {"huge packet", head + good + Octets().u32(6).u32(0x40000000).u32(7).str() + good,
       "x.pcap: the block at byte 92 claims 1073741824 bytes, more than any packet has", 1},
      {"section without byte order",
       head + good + block(0x0A0D0D0A, Octets().u32(1).u32(2).u64(3)) + good,
       "x.pcap: the section header at byte 92 has no byte-order magic", 1},
      {"section version", head + good + section(false, 3, 1) + good,
       "x.pcap: the section at byte 92 has the unsupported pcapng version 3.1", 1},
      {"small section", head + good + block(0x0A0D0D0A, Octets().u32(0x1A2B3C4D)) + good,
       "x.pcap: the section header at byte 92 has only 16 bytes", 1},
      {"cut packet", head + good + good.substr(0, 30),
       "x.pcap: the block at byte 92 is cut off after 30 of 44 bytes", 1},
      {"cut head", head + good + good.substr(0, 3),
       "x.pcap: the block at byte 92 is cut off after 3 bytes", 1},
      {"cut other block",
       head + good + block(77, Octets().text(std::string(5000, 'z'))).substr(0, 1000),
       "x.pcap: the block at byte 92 is cut off after 1000 of 5012 bytes", 1},
      {"cut section", head + good + section(true).substr(0, 20),
       "x.pcap: the block at byte 92 is cut off after 20 of 28 bytes", 1},
  };
  for (const Damage& c : cases) {
    for (const std::size_t chunk : {1UL, 50UL, 100'000UL}) {
      const ReadOutcome read = read_bytes(c.bytes, chunks_of(chunk));
      EXPECT_EQ(read.damage, c.sentence) << c.what << ", chunk " << chunk;
      EXPECT_EQ(read.packets.size(), c.packets) << c.what << ", chunk " << chunk;
    }
  }
}

TEST(Pcapng, RefusesFilesThatOnlyBeginLikePcapng) {
  EXPECT_EQ(read_bytes(section().substr(0, 9)).error,
            "x.pcap: the pcapng header is cut off after 9 of 12 bytes");
  EXPECT_EQ(read_bytes("\n\r\r\nhello, world").error,
            "x.pcap: it begins like a pcapng file but has no byte-order magic");
  EXPECT_EQ(read_bytes(section(false, 2, 0)).error,
            "x.pcap: the section at byte 0 has the unsupported pcapng version 2.0");
}

TEST(Pcapng, InterfacesAboveTheLimitAreNotCounted) {
  std::string file = section();
  const std::string one = interface(1);
  for (int i = 0; i < 65'536; ++i) file += one;
  const std::string packet = enhanced(65'535, 1, "x");
  const ReadOutcome most = read_bytes(file + packet);
  ASSERT_EQ(most.packets.size(), 1U) << most.damage;
  EXPECT_EQ(most.packets[0].interface, 65'535);
  const ReadOutcome more = read_bytes(file + one + packet);
  EXPECT_EQ(more.packets.size(), 0U);
  EXPECT_EQ(more.damage,
            "x.pcap: the section describes more than 65536 interfaces by byte 1310748");
  const ReadOutcome again = read_bytes(file + section() + one + enhanced(0, 1, "y"));
  ASSERT_EQ(again.packets.size(), 1U);
  EXPECT_EQ(again.packets[0].interface, 65'535);
  EXPECT_EQ(again.interfaces.size(), 65'536U);
}

}  // namespace
}  // namespace synfin::test
