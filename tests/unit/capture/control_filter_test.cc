// Compares what the kernel's filter passes with what the decoder finds in the same packets. In
// every encapsulation it passes all that begins or ends a connection; outside tunnels it passes no
// data.
#include "synfin/capture/control_filter.h"

#include <gtest/gtest.h>
#include <pcap.h>

#include <string>

#include "support/decode_one.h"
#include "support/encapsulations.h"
#include "synfin/capture/link_names.h"

namespace synfin::test {
namespace {

/// Runs a program as the kernel would on the bytes as captured.
bool passes(const BpfProgram& program, const Bytes& bytes) {
  std::vector<bpf_insn> code;
  for (const BpfInstruction& i : program) code.push_back({i.code, i.jump_true, i.jump_false, i.k});
  EXPECT_TRUE(bpf_validate(code.data(), static_cast<int>(code.size())));
  const auto size = static_cast<u_int>(bytes.size());
  return bpf_filter(code.data(), bytes.data(), size, size) != 0;
}

BpfProgram compiled(const std::string& expression, LinkType link) {
  pcap_t* dead = pcap_open_dead(dlt_of_link_type(static_cast<std::uint16_t>(link)), 65'535);
  bpf_program code{};
  EXPECT_EQ(pcap_compile(dead, &code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN), 0)
      << pcap_geterr(dead);
  BpfProgram program;
  for (u_int i = 0; i < code.bf_len; ++i) {
    const bpf_insn& in = code.bf_insns[i];
    program.push_back({in.code, in.jt, in.jf, in.k});
  }
  pcap_freecode(&code);
  pcap_close(dead);
  return program;
}

BpfProgram control(LinkType link, const std::string& expression = "", bool all = false) {
  ControlFilterOptions options;
  options.linktype = static_cast<std::uint16_t>(link);
  options.all_packets = all;
  if (!expression.empty()) options.expression = compiled(expression, link);
  return make_control_filter(options);
}

bool passes(const Stack& packet, const std::string& expression = "", bool all = false) {
  return passes(control(packet.link(), expression, all), packet.bytes());
}

std::vector<Stack> versions(const EncapsulationCase& way, const Stack& inside) {
  std::vector<Stack> packets;
  if (way.carries_v4()) packets.push_back(way.outside / Ipv4{} / inside);
  if (way.carries_v6()) packets.push_back(way.outside / Ipv6{} / inside);
  return packets;
}

/// True for the link types whose packets the filter decodes; it passes all packets of others.
bool is_read(LinkType link) {
  return link == LinkType::Ethernet || link == LinkType::Raw || link == LinkType::LinuxSll ||
         link == LinkType::LinuxSll2;
}

TEST(ControlFilter, PassesControlPacketsInEveryEncapsulation) {
  std::vector<EncapsulationCase> ways = link_cases();
  for (EncapsulationCase tunnel : tunnel_cases()) {
    tunnel.outside = Stack(Ethernet{}) / tunnel.outside;
    tunnel.link = LinkType::Ethernet;
    ways.push_back(tunnel);
  }
  for (const Tcp& tcp :
       {Tcp{.syn = true}, Tcp{.syn = true, .ack = true}, Tcp{.fin = true, .ack = true},
        Tcp{.rst = true}, Tcp{.syn = true, .ece = true, .cwr = true}}) {
    for (const EncapsulationCase& way : ways) {
      for (const Stack& packet : versions(way, tcp)) {
        const Bytes bytes = packet.bytes();
        ASSERT_EQ(decode_one(bytes, way.link_type()).fate, Fate::Decoded) << way.name;
        EXPECT_TRUE(passes(control(way.link_type()), bytes)) << way.name;
      }
    }
  }
}

TEST(ControlFilter, PassesNoDataOutsideOfTunnels) {
  const Stack data = Tcp{.psh = true, .ack = true} / Payload{100};
  for (const Stack& outside :
       {Stack(Ethernet{}), Ethernet{} / Vlan{.id = 7}, Ethernet{} / Vlan{.id = 7} / Vlan{.id = 8},
        Ethernet{} / Vlan{.id = 1, .tpid = 0x9100} / Vlan{.id = 2} / Vlan{.id = 3},
        Ethernet{} / Pppoe{} / Ppp{}, Ethernet{} / Vlan{.id = 7} / Pppoe{} / Ppp{}, Stack(Sll{}),
        Sll{} / Vlan{.id = 9}, Stack(Sll2{}), Sll2{} / Vlan{.id = 9}}) {
    EXPECT_FALSE(passes(outside / Ipv4{} / data));
    EXPECT_FALSE(passes(outside / Ipv4{.options = Bytes(40, 1)} / data));
    EXPECT_FALSE(passes(outside / Ipv6{} / data));
    EXPECT_FALSE(passes(outside / Ipv6{} / HopByHop{} / Routing{.extra = 2} / data));
    EXPECT_FALSE(passes(outside / Ipv4{} / Udp{.sport = 53, .dport = 53} / Payload{100}));
    EXPECT_FALSE(passes(outside / Ipv6{} / Udp{.sport = 53, .dport = 53} / Payload{10}));
  }
  EXPECT_FALSE(passes(Ipv4{} / data));
  EXPECT_FALSE(passes(Ipv6{} / data));
}

TEST(ControlFilter, FollowsIpv6ExtensionHeaders) {
  const auto both = [](const Stack& headers) {
    EXPECT_TRUE(passes(Ethernet{} / headers / Tcp{.syn = true}));
    EXPECT_FALSE(passes(Ethernet{} / headers / Tcp{.ack = true} / Payload{8}));
  };
  both(Ipv6{} / HopByHop{});
  both(Ipv6{} / HopByHop{.extra = 3} / DestinationOptions{.extra = 1} / Routing{.extra = 4});
  both(Ipv6{} / Fragment{.offset = 0, .more = true});
  both(Ipv6{} / Extension{.number = 135} / Extension{.number = 139} / Extension{.number = 140});
  EXPECT_TRUE(passes(Ethernet{} / Ipv6{} / Ah{} / Tcp{.syn = true}));
  EXPECT_FALSE(passes(Ethernet{} / Ipv6{} / Fragment{.offset = 8} / Tcp{.syn = true}));
  EXPECT_FALSE(passes(Ethernet{} / Ipv4{.fragment_offset = 8} / Tcp{.syn = true}));
}

TEST(ControlFilter, PassesIcmpErrorsThatCanAnswerASyn) {
  const Raw quoted = quote(Ipv4{} / Tcp{.syn = true}, 28);
  const Raw quoted6 = quote(Ipv6{} / Tcp{.syn = true});
  for (const std::uint8_t type : {std::uint8_t{3}, std::uint8_t{11}, std::uint8_t{12}})
    EXPECT_TRUE(passes(Ethernet{} / Ipv4{} / Icmp{.type = type, .code = 1} / quoted)) << int{type};
  for (const std::uint8_t type : {std::uint8_t{1}, std::uint8_t{3}, std::uint8_t{4}})
    EXPECT_TRUE(passes(Ethernet{} / Ipv6{} / Icmp6{.type = type} / quoted6)) << int{type};
  EXPECT_TRUE(passes(Ethernet{} / Ipv6{} / HopByHop{} / Icmp6{} / quoted6));
  EXPECT_FALSE(passes(Ethernet{} / Ipv4{} / Icmp{.type = 8} / Payload{56})) << "a ping";
  EXPECT_FALSE(passes(Ethernet{} / Ipv4{} / Icmp{.type = 3, .code = 4} / quoted))
      << "fragmentation needed ends nothing";
  EXPECT_FALSE(passes(Ethernet{} / Ipv4{} / Icmp{} / quote(Ipv4{} / Udp{} / Payload{8})));
  EXPECT_FALSE(passes(Ethernet{} / Ipv6{} / Icmp6{.type = 135} / Payload{24})) << "who has it";
}

TEST(ControlFilter, TheExpressionDecidesOnSegmentsAlone) {
  const Stack syn = Ethernet{} / Ipv4{} / Tcp{.dport = 80, .syn = true};
  EXPECT_TRUE(passes(syn, "port 80"));
  EXPECT_FALSE(passes(syn, "port 81"));
  EXPECT_TRUE(passes(Ethernet{} / Ipv6{} / Tcp{.dport = 80, .syn = true}, "port 80"));
  EXPECT_FALSE(passes(Ethernet{} / Ipv4{} / Tcp{.dport = 80, .ack = true}, "port 80"));
  const Stack error =
      Ethernet{} / Ipv4{} / Icmp{} / quote(Ipv4{} / Tcp{.dport = 99, .syn = true}, 28);
  EXPECT_TRUE(passes(error, "port 80")) << "the program looks at what it quotes";
  EXPECT_TRUE(passes(Ethernet{} / Ipv4{} / Gre{} / Ipv4{} / Tcp{.dport = 99}, "port 80"));
  EXPECT_FALSE(passes(Ethernet{.type = 0x0806} / Payload{46}, "arp")) << "control packets only";
}

TEST(ControlFilter, WithAllPacketsOnlyTheExpressionRejects) {
  const Stack data = Ethernet{} / Ipv4{} / Tcp{.dport = 80, .ack = true} / Payload{10};
  EXPECT_TRUE(passes(data, "port 80", true));
  EXPECT_FALSE(passes(data, "port 81", true));
  EXPECT_TRUE(passes(Ethernet{.type = 0x0806} / Payload{46}, "arp", true));
  EXPECT_TRUE(passes(Ethernet{} / Ipv4{} / Icmp{} / quote(Ipv4{} / Tcp{}, 28), "port 80", true));
  EXPECT_TRUE(passes(Ethernet{} / Ipv4{} / Gre{} / Ipv4{} / Tcp{}, "port 80", true));
}

TEST(ControlFilter, EveryCapturedLengthIsSafe) {
  const Bytes whole = Ethernet{} / Vlan{.id = 7} / Ipv6{} / HopByHop{} / Tcp{.syn = true};
  const BpfProgram program = control(LinkType::Ethernet);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const bool has_flags = size >= whole.size() - 6;
    EXPECT_EQ(passes(program, cut), has_flags) << size;
  }
}

TEST(KernelCanRun, UnlessItJumpsBackOrReadsWhatASocketLacks) {
  EXPECT_TRUE(kernel_can_run(control(LinkType::Ethernet, "port 80"), 1));
  EXPECT_TRUE(kernel_can_run(control(LinkType::LinuxSll2, "port 80"), 276));
  EXPECT_TRUE(kernel_can_run(control(LinkType::LinuxSll, "port 80"), 113));
  EXPECT_FALSE(kernel_can_run(control(LinkType::Ethernet, "ip6 protochain 6"), 1));
  EXPECT_FALSE(kernel_can_run(control(LinkType::LinuxSll2, "link[12:4] = 1"), 276));
  EXPECT_FALSE(kernel_can_run(BpfProgram(5000), 1));
}

TEST(ControlFilter, LeavesUnknownLinkTypesToTheExpression) {
  for (const EncapsulationCase& way : link_cases()) {
    if (is_read(way.link_type())) continue;
    EXPECT_EQ(control(way.link_type()).size(), 1u) << way.name;
  }
}

}  // namespace
}  // namespace synfin::test
