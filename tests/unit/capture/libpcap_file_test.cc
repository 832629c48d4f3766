#include "capture/libpcap_file.h"

#include <gtest/gtest.h>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

TEST(LibpcapFile, ReadsPackets) {
  const Folder folder;
  const std::string path =
      folder.file("a.pcap", pcap_header({.magic = 0xa1b23c4d, .snap_length = 99, .network = 101}) +
                                pcap_record(7, 8, "abc", 40) + pcap_record(0x80000000, 0, "d"));
  auto source = open_with_libpcap(path);
  ASSERT_TRUE(source.ok());
  const std::vector<Seen> packets = read_all(**source);
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0], (Seen{7'000'000'008, "abc", 40, LinkType::Raw, 0}));
  EXPECT_EQ(packets[1].ns, 2147483648'000000000);
  EXPECT_EQ((*source)->interfaces().at(0).link_number, 101);
  EXPECT_EQ((*source)->interfaces().at(0).snap_length, 99U);
  EXPECT_EQ((*source)->damage(), "");
}

TEST(LibpcapFile, ReportsDamage) {
  const Folder folder;
  const std::string path = folder.file("a.pcap", pcap_header() + pcap_record(7, 8, "abc") + "cut");
  auto source = open_with_libpcap(path);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(read_all(**source).size(), 1U);
  EXPECT_EQ((*source)->damage().rfind(path + ": truncated dump file", 0), 0U)
      << (*source)->damage();
}

TEST(LibpcapFile, FailsWithASentence) {
  const Folder folder;
  const auto none = open_with_libpcap(folder.path("none"));
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("No such file"), std::string::npos) << none.error().message;
  EXPECT_FALSE(open_with_libpcap(folder.file("text", "hello, world")).ok());
}

}  // namespace
}  // namespace synfin::test
