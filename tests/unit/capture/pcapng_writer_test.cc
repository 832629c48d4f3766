// Both this project's reader and libpcap's read what the writer writes.
#include "synfin/capture/pcapng_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "capture/libpcap_file.h"
#include "synfin/capture/savefile.h"

namespace synfin {
namespace {

const std::vector<InterfaceInfo> kInterfaces = {{"eth0", LinkType::Ethernet, 1, 512},
                                                {"tun0", LinkType::Raw, 101, 512}};

Packet packet(const std::string& bytes, std::int64_t ns, std::uint16_t interface) {
  Packet p;
  p.time = timestamp_from_ns(ns);
  p.data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  p.caplen = static_cast<std::uint32_t>(bytes.size());
  p.wirelen = p.caplen + 7;
  p.interface = interface;
  p.link = kInterfaces[interface].link;
  return p;
}

std::string section(PacketScope scope) {
  PcapngWriter writer({.program = "test", .filter = "port 80", .scope = scope});
  std::string out;
  writer.begin(out);
  for (int i = 0; i < 5; ++i)
    writer.append(out, packet(std::string(static_cast<std::size_t>(i), 'x'), 1'000'000'007 + i, 0),
                  kInterfaces);
  writer.end(out, {.kernel = 3, .interface = 4}, timestamp_from_ns(2'000'000'000));
  return out;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(PcapngWriter, OurReaderRestoresPacketsDropsAndTheScope) {
  const std::string file = section(PacketScope::Control) + section(PacketScope::Control);
  auto source = open_savefile_bytes(bytes_of(file), "test");
  ASSERT_TRUE(source.ok());
  ASSERT_EQ((*source)->interfaces().size(), 1u);
  EXPECT_EQ((*source)->interfaces()[0].name, "eth0");
  EXPECT_EQ((*source)->interfaces()[0].scope, PacketScope::Control);
  std::array<Packet, 16> packets;
  std::size_t count = 0;
  while (!(*source)->ended()) {
    const std::size_t got = (*source)->next_batch(packets);
    for (std::size_t i = 0; i < got; ++i, ++count) {
      EXPECT_EQ(packets[i].caplen, count % 5);
      EXPECT_EQ(packets[i].wirelen, count % 5 + 7);
      EXPECT_EQ(to_ns(packets[i].time), 1'000'000'007 + static_cast<std::int64_t>(count % 5));
    }
  }
  EXPECT_EQ(count, 10u);
  EXPECT_EQ((*source)->damage(), "");
  EXPECT_EQ((*source)->drops().kernel, 6u);
  EXPECT_EQ((*source)->drops().interface, 8u);
}

TEST(PcapngWriter, WithoutTheCommentTheScopeIsAll) {
  const std::string file = section(PacketScope::All);
  auto source = open_savefile_bytes(bytes_of(file), "test");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->interfaces()[0].scope, PacketScope::All);
}

TEST(PcapngWriter, InterfacesAreDescribedOnTheirFirstPacket) {
  PcapngWriter writer({.program = "", .filter = "", .scope = PacketScope::All});
  std::string out;
  writer.begin(out);
  writer.append(out, packet("a", 1, 1), kInterfaces);
  writer.append(out, packet("b", 2, 0), kInterfaces);
  writer.append(out, packet("c", 3, 1), kInterfaces);
  auto source = open_savefile_bytes(bytes_of(out), "test");
  ASSERT_TRUE(source.ok());
  std::array<Packet, 4> packets;
  ASSERT_EQ((*source)->next_batch(packets), 3u);
  EXPECT_EQ(packets[0].link, LinkType::Raw);
  EXPECT_EQ(packets[1].link, LinkType::Ethernet);
  EXPECT_EQ(packets[2].interface, packets[0].interface);
}

TEST(PcapngWriter, LibpcapReadsIt) {
  const auto path = std::filesystem::temp_directory_path() / "synfin-pcapng-writer-test.pcapng";
  std::ofstream(path, std::ios::binary) << section(PacketScope::Control);
  auto source = open_with_libpcap(path.string());
  ASSERT_TRUE(source.ok()) << source.error().message;
  std::array<Packet, 1> packets;
  int count = 0;
  while ((*source)->next_batch(packets) == 1) ++count;
  EXPECT_EQ(count, 5);
  EXPECT_EQ((*source)->damage(), "");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace synfin
