#include "synfin/capture/bpf_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

/// An IPv4 header and the ports, as they follow a link header.
std::string ipv4(unsigned protocol, unsigned source_port, unsigned destination_port) {
  return Octets(true)
      .u8(0x45)
      .u8(0)
      .u16(40)
      .u16(1)
      .u16(0x4000)
      .u8(64)
      .u8(protocol)
      .u16(0)
      .u32(0xC0000201)
      .u32(0xC6336401)
      .u16(source_port)
      .u16(destination_port)
      .text(std::string(16, '\0'))
      .str();
}

std::string ethernet(const std::string& ip) {
  return std::string(12, '\x02') + "\x08" + std::string(1, '\0') + ip;
}

Packet packet(const std::string& bytes, LinkType link) {
  Packet p;
  p.data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  p.caplen = p.wirelen = static_cast<std::uint32_t>(bytes.size());
  p.link = link;
  return p;
}

BpfFilter filter(const std::string& expression) {
  auto created = BpfFilter::create(expression);
  EXPECT_TRUE(created.ok()) << created.error().message;
  return std::move(*created);
}

TEST(BpfFilter, RunsOnEachLinkTypeWithItsOwnProgram) {
  const std::string eth = ethernet(ipv4(6, 4000, 80));
  const std::string raw = ipv4(6, 4000, 80);
  BpfFilter port80 = filter("tcp dst port 80");
  BpfFilter port81 = filter("tcp dst port 81");
  for (const Packet& p :
       {packet(eth, LinkType::Ethernet), packet(raw, LinkType::Raw), packet(raw, LinkType::Ipv4)}) {
    EXPECT_TRUE(port80.matches(p)) << static_cast<int>(p.link);
    EXPECT_FALSE(port81.matches(p)) << static_cast<int>(p.link);
  }
  EXPECT_TRUE(port80.rejections().empty());
}

TEST(BpfFilter, KeepsMatchesInOrder) {
  std::vector<std::string> frames;
  for (unsigned port = 1; port <= 6; ++port)
    frames.push_back(ethernet(ipv4(6, port, port % 2 == 0 ? 80 : 443)));
  std::vector<Packet> packets;
  for (const std::string& frame : frames) packets.push_back(packet(frame, LinkType::Ethernet));
  BpfFilter even = filter("dst port 80");
  ASSERT_EQ(even.keep(packets), 3U);
  EXPECT_EQ(packets[0].data, reinterpret_cast<const std::uint8_t*>(frames[1].data()));
  EXPECT_EQ(packets[1].data, reinterpret_cast<const std::uint8_t*>(frames[3].data()));
  EXPECT_EQ(packets[2].data, reinterpret_cast<const std::uint8_t*>(frames[5].data()));
  EXPECT_EQ(even.keep(std::span<Packet>()), 0U);
}

TEST(BpfFilter, ReadsNothingPastCaplen) {
  const std::string whole = ethernet(ipv4(6, 4000, 80));
  BpfFilter port80 = filter("tcp dst port 80");
  for (std::size_t caplen = 0; caplen < 38; ++caplen) {
    const std::vector<std::uint8_t> exact(whole.begin(),
                                          whole.begin() + static_cast<std::ptrdiff_t>(caplen));
    Packet cut = packet(whole, LinkType::Ethernet);
    cut.data = exact.data();
    cut.caplen = static_cast<std::uint32_t>(caplen);
    EXPECT_FALSE(port80.matches(cut)) << caplen;
  }
}

TEST(BpfFilter, LengthIsTheWireLength) {
  const std::string eth = ethernet(ipv4(6, 4000, 80));
  Packet p = packet(eth, LinkType::Ethernet);
  p.wirelen = 1500;
  EXPECT_TRUE(filter("greater 1400").matches(p));
  EXPECT_FALSE(filter("less 1400").matches(p));
}

TEST(BpfFilter, AnEmptyExpressionLetsEverythingPass) {
  BpfFilter all = filter("");
  EXPECT_TRUE(all.matches(packet("x", LinkType::Ethernet)));
  EXPECT_TRUE(all.matches(packet("x", LinkType::Raw)));
}

TEST(BpfFilter, ABadExpressionIsOneSentence) {
  const auto bad = BpfFilter::create("tcp port port");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, ErrorKind::Usage);
  EXPECT_EQ(bad.error().message.rfind("the filter \"tcp port port\" cannot be used: ", 0), 0U)
      << bad.error().message;
  EXPECT_NE(bad.error().message.find("must follow 'port'"), std::string::npos)
      << bad.error().message;
  EXPECT_EQ(bad.error().message.find('\n'), std::string::npos);
}

TEST(BpfFilter, NothingMatchesOnALinkTypeItCannotBeAppliedTo) {
  const std::string raw = ipv4(6, 4000, 80);
  BpfFilter ether = filter("ether host 02:02:02:02:02:02");
  EXPECT_TRUE(ether.matches(packet(ethernet(raw), LinkType::Ethernet)));
  EXPECT_FALSE(ether.matches(packet(raw, LinkType::Raw)));
  EXPECT_FALSE(ether.matches(packet(raw, LinkType::Raw)));
  ASSERT_EQ(ether.rejections().size(), 1U);
  const std::string& sentence = ether.rejections()[0];
  EXPECT_EQ(sentence.rfind("the filter \"ether host 02:02:02:02:02:02\" cannot be applied to "
                           "packets of link type RAW (",
                           0),
            0U)
      << sentence;
  EXPECT_NE(sentence.find("so none of them match"), std::string::npos);
}

TEST(BpfFilter, CompileReportsWhetherItApplies) {
  BpfFilter ether = filter("ether host 02:02:02:02:02:02");
  EXPECT_TRUE(ether.compile(1).ok());
  const Status raw = ether.compile(101);
  ASSERT_FALSE(raw.ok());
  EXPECT_EQ(raw.error().kind, ErrorKind::Usage);
  EXPECT_NE(raw.error().message.find("(link type RAW)"), std::string::npos) << raw.error().message;
  EXPECT_TRUE(ether.rejections().empty()) << "no packet was lost yet";
  EXPECT_FALSE(ether.matches(packet("x", LinkType::Raw)));
  EXPECT_EQ(ether.rejections().size(), 1U);
}

TEST(BpfFilter, OneInterfaceToWhichItAppliesIsEnough) {
  BpfFilter ether = filter("ether host 02:02:02:02:02:02");
  const InterfaceInfo raw{"a", LinkType::Raw, 101, 0}, ethernet{"b", LinkType::Ethernet, 1, 0};
  EXPECT_TRUE(ether.compile_for(std::vector{raw, ethernet}));
  const Status none = ether.compile_for(std::vector{raw, raw});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("(link type RAW)"), std::string::npos);
  EXPECT_TRUE(ether.compile_for({}));
}

TEST(BpfFilter, AnExpressionMayApplyToALinkTypeOtherThanEthernet) {
  EXPECT_TRUE(BpfFilter::create("wlan type mgt").ok());
  EXPECT_FALSE(filter("wlan type mgt").compile(1).ok());
}

TEST(BpfFilter, ALinkTypeThatLibpcapDoesNotKnowMatchesNothing) {
  BpfFilter tcp = filter("tcp");
  EXPECT_FALSE(tcp.matches(packet("x", static_cast<LinkType>(60'000))));
  EXPECT_EQ(tcp.rejections().size(), 1U);
}

TEST(BpfFilter, RejectionsAreBounded) {
  BpfFilter ether = filter("ether host 02:02:02:02:02:02");
  for (std::uint16_t link = 40'000; link < 40'100; ++link)
    ether.matches(packet("x", static_cast<LinkType>(link)));
  EXPECT_EQ(ether.rejections().size(), 16U);
}

TEST(BpfFilter, ShowsItsProgramAsTcpdumpDoes) {
  const auto text = filter("ip6").program_text(1);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text,
            "(000) ldh      [12]\n"
            "(001) jeq      #0x86dd          jt 2\tjf 3\n"
            "(002) ret      #262144\n"
            "(003) ret      #0\n");
  EXPECT_FALSE(filter("ether host 02:02:02:02:02:02").program_text(101).ok());
}

TEST(BpfFilter, UsesTheNetmask) {
  EXPECT_FALSE(BpfFilter::create("ip broadcast").ok());
  BpfFilterOptions options;
  options.netmask = 0x00FFFFFF;
  EXPECT_TRUE(BpfFilter::create("ip broadcast", options).ok());
}

}  // namespace
}  // namespace synfin::test
