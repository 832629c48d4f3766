#include "synfin/capture/link_names.h"

#include <gtest/gtest.h>
#include <pcap.h>

#include <cstdio>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

TEST(LinkNames, AreThoseOfLibpcap) {
  EXPECT_EQ(link_type_name(1), "EN10MB");
  EXPECT_EQ(link_type_name(101), "RAW");
  EXPECT_EQ(link_type_name(113), "LINUX_SLL");
  EXPECT_EQ(link_type_name(276), "LINUX_SLL2");
  EXPECT_EQ(link_type_name(0), "NULL");
  EXPECT_EQ(link_type_name(127), "IEEE802_11_RADIO");
}

TEST(LinkNames, AreNumbersIfLibpcapHasNoName) {
  EXPECT_EQ(link_type_name(60'000), "LINKTYPE_60000");
}

TEST(LinkNames, FollowThoseOfInterfaces) {
  const InterfaceInfo interfaces[] = {{"eth0", LinkType::Ethernet, 1, 0}, {"tun0", {}, 101, 0}};
  EXPECT_EQ(with_link_types(interfaces), "eth0 (EN10MB), tun0 (RAW)");
}

/// libpcap exposes its mapping only for opened files.
TEST(LinkNames, NumbersAreThoseThatLibpcapMapsTo) {
  for (unsigned linktype = 0; linktype < 400; ++linktype) {
    const std::string header = pcap_header({.network = linktype});
    FILE* file = fmemopen(const_cast<char*>(header.data()), header.size(), "r");
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t* pcap = pcap_fopen_offline(file, error);
    ASSERT_NE(pcap, nullptr) << error;
    const auto number = static_cast<std::uint16_t>(linktype);
    EXPECT_EQ(dlt_of_link_type(number), pcap_datalink(pcap)) << linktype;
    if (linktype != 11 && linktype != 12 && linktype != 15 && linktype != 16 && linktype != 19) {
      EXPECT_EQ(link_type_of_dlt(dlt_of_link_type(number)), number);
    }
    pcap_close(pcap);
  }
}

}  // namespace
}  // namespace synfin::test
