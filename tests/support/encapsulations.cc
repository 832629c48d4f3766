// See encapsulations.h.
#include "support/encapsulations.h"

#include <cctype>
#include <iterator>
#include <ostream>
#include <utility>

namespace synfin::test {
namespace {

const EncapsulationCase kLinks[] = {
    {"Ethernet", Ethernet{}},
    {"LLC and SNAP", Ethernet{} / LlcSnap{}},
    {"VLAN", Ethernet{} / Vlan{.id = 7}, {.vlan = 7}},
    {"provider VLAN", Ethernet{} / Vlan{.id = 7, .tpid = 0x88A8}, {.vlan = 7}},
    {"old QinQ", Ethernet{} / Vlan{.id = 7, .tpid = 0x9100}, {.vlan = 7}},
    {"stacked VLANs: the innermost counts",
     Ethernet{} / Vlan{.id = 7, .tpid = 0x88A8} / Vlan{.id = 8},
     {.vlan = 8, .outer_vlan = 7}},
    {"three VLANs",
     Ethernet{} / Vlan{.id = 1, .tpid = 0x9100} / Vlan{.id = 2} / Vlan{.id = 4094},
     {.vlan = 4094, .outer_vlan = 2}},
    {"a priority tag is no VLAN", Ethernet{} / Vlan{.id = 0xE000}},
    {"a priority tag within a VLAN", Ethernet{} / Vlan{.id = 5} / Vlan{.id = 0x2000}, {.vlan = 5}},
    {"VLAN before LLC", Ethernet{} / Vlan{.id = 7, .type = 100} / LlcSnap{}, {.vlan = 7}},
    {"one label", Ethernet{} / Mpls{}},
    {"three labels", Ethernet{} / Mpls{.label = 3} / Mpls{.label = 1} / Mpls{.label = 99}},
    {"label in a VLAN", Ethernet{} / Vlan{.id = 7} / Mpls{}, {.vlan = 7}},
    {"pseudowire", Ethernet{} / Mpls{} / Ethernet{}},
    {"pseudowire with control word", Ethernet{} / Mpls{} / ControlWord{.sequence = 3} / Ethernet{}},
    {"pseudowire with VLAN",
     Ethernet{} / Mpls{} / ControlWord{} / Ethernet{} / Vlan{.id = 6},
     {.vlan = 6}},
    {"PPPoE", Ethernet{} / Pppoe{} / Ppp{}},
    {"PPPoE in a VLAN", Ethernet{} / Vlan{.id = 7} / Pppoe{} / Ppp{}, {.vlan = 7}},
    {"PPP", Ppp{}},
    {"PPP, compressed protocol", Ppp{.compressed = true}},
    {"PPP, HDLC framing", Ppp{.hdlc = true}},
    {"PPP, HDLC framing, compressed protocol", Ppp{.hdlc = true, .compressed = true}},
    {"PPP, label", Ppp{} / Mpls{}},
    {"PPPoE as link", Pppoe{} / Ppp{}},
    {"cooked", Sll{}},
    {"cooked, VLAN", Sll{} / Vlan{.id = 9}, {.vlan = 9}},
    {"cooked 2", Sll2{}},
    {"cooked 2, VLAN", Sll2{} / Vlan{.id = 9}, {.vlan = 9}},
    {"loopback", Null{}},
    {"loopback, big-endian", Null{.big_endian = true}},
    {"OpenBSD loopback", Loop{}},
    {"802.11 to the network", Dot11{} / LlcSnap{}},
    {"802.11 from the network", Dot11{.to_ds = false, .from_ds = true} / LlcSnap{}},
    {"802.11, four addresses", Dot11{.from_ds = true} / LlcSnap{}},
    {"802.11, QoS", Dot11{.subtype = 8} / LlcSnap{}},
    {"802.11, QoS, four addresses", Dot11{.subtype = 8, .from_ds = true} / LlcSnap{}},
    {"802.11, QoS, HT control", Dot11{.subtype = 8, .order = true} / LlcSnap{}},
    {"802.11 aggregate", Dot11{.subtype = 8, .qos = 0x80} / Raw{Bytes(14, 2)} / LlcSnap{}},
    {"radiotap", Radiotap{} / Dot11{} / LlcSnap{}},
    {"radiotap, longer", Radiotap{.length = 30} / Dot11{.subtype = 8} / LlcSnap{}},
    {"radiotap, padded header", Radiotap{.length = 9, .present = 2, .fields = {0x20}} /
                                    Dot11{.subtype = 8} / Raw{Bytes{0, 0}} / LlcSnap{}},
    {"radiotap, padded header behind two words and a clock",
     Radiotap{.length = 25,
              .present = 0x80000003,
              .fields = Bytes{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0x20}} /
         Dot11{.subtype = 8} / Raw{Bytes{0, 0}} / LlcSnap{}},
    {"FabricPath", Ethernet{.type = 0x8903} / Raw{Bytes{0, 1}} / Ethernet{}},
    {"provider backbone",
     Ethernet{.type = 0x88E7} / Raw{Bytes{0, 0, 0, 9}} / Ethernet{} / Vlan{.id = 3},
     {.vlan = 3}},
    // Vlan{} below stands for the last two bytes of a tag and the type that follows it.
    {"E-tag", Ethernet{.type = 0x893F} / Raw{Bytes{0, 0, 0, 5}} / Vlan{}},
    {"HSR", Ethernet{.type = 0x892F} / Raw{Bytes{0x10, 0x2E}} / Vlan{}},
    {"Cisco TTag", Ethernet{.type = 0x8988} / Raw{Bytes{0x16, 0x8A, 0x11, 0x22}} / Vlan{}},
    {"Cisco metadata", Ethernet{.type = 0x8909} / Raw{Bytes{1, 1, 0, 1}} / Vlan{}},
    {"Broadcom tag", Ethernet{.type = 0x8874} / Raw{Bytes{0, 0}} / Vlan{}},
    {"Realtek tag of 4 bytes",
     Ethernet{.type = 0x8899} / Raw{Bytes{0xA0, 1, 0x08, 0}},
     {},
     EncapsulationCase::Carries::V4},
    {"Realtek tag of 8 bytes", Ethernet{.type = 0x8899} / Raw{Bytes{4, 0, 0, 0}} / Vlan{}},
    {"Marvell tag with a type", Ethernet{.type = 0xDADA} / Raw{Bytes{0, 0, 0x40, 0}} / Vlan{}},
    {"MACsec without encryption", Ethernet{.type = 0x88E5} / Raw{Bytes{0, 0, 0, 0}} / Vlan{}},
    {"MACsec with a channel",
     Ethernet{.type = 0x88E5} / Raw{Bytes{0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1}} / Vlan{}},
    {"TRILL", Ethernet{.type = 0x22F3} / Raw{Bytes{0, 0x45, 0, 1, 0, 2, 9, 9, 9, 9}} / Ethernet{}},
    {"NSH, Ethernet",
     Ethernet{.type = 0x894F} / Raw{Bytes{0x0F, 0xC2, 2, 3, 0, 0, 5, 0xFF}} / Ethernet{}},
    {"NSH, IPv4",
     Ethernet{.type = 0x894F} / Raw{Bytes{0x0F, 0xC2, 2, 1, 0, 0, 5, 0xFF}},
     {},
     EncapsulationCase::Carries::V4},
    {"NSH, IPv6",
     Ethernet{.type = 0x894F} / Raw{Bytes{0x0F, 0xC2, 2, 2, 0, 0, 5, 0xFF}},
     {},
     EncapsulationCase::Carries::V6},
    {"ISL",
     Raw{Bytes{1,  0,    0x0C, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0,
               90, 0xAA, 0xAA, 3, 2, 0, 0, 0, 7, 0, 0, 0, 0}} /
         Ethernet{},
     {},
     EncapsulationCase::Carries::Both,
     LinkType::Ethernet},
    {"multilink PPP", Ppp{.protocol = 0x003D} / Raw{Bytes{0xC0, 0, 0, 1}} / Ppp{}},
    {"bridged PPP", Ppp{.protocol = 0x0031} / Raw{Bytes{0, 1}} / Ethernet{}},
};

using Carries = EncapsulationCase::Carries;

const EncapsulationCase kTunnels[] = {
    {"IP in IPv4", Ipv4{}, {.tunnel = TunnelKind::IpIp}},
    {"IP in IPv6", Ipv6{}, {.tunnel = TunnelKind::IpIp}},
    {"IP in IPv6 with options", Ipv6{} / DestinationOptions{}, {.tunnel = TunnelKind::IpIp}},
    {"GRE", Ipv4{} / Gre{}, {.tunnel = TunnelKind::Gre}},
    {"GRE over IPv6", Ipv6{} / Gre{}, {.tunnel = TunnelKind::Gre}},
    {"GRE, key",
     Ipv4{} / Gre{.key = 0x01020304},
     {.tunnel_id = 0x01020304, .tunnel = TunnelKind::Gre}},
    {"GRE, checksum", Ipv4{} / Gre{.checksum = true}, {.tunnel = TunnelKind::Gre}},
    {"GRE, routing", Ipv4{} / Gre{.routing = true}, {.tunnel = TunnelKind::Gre}},
    {"GRE, all",
     Ipv4{} / Gre{.checksum = true, .routing = true, .key = 5, .sequence = 8},
     {.tunnel_id = 5, .tunnel = TunnelKind::Gre}},
    {"GRE, VLAN", Ipv4{} / Gre{} / Vlan{.id = 6}, {.tunnel = TunnelKind::Gre}},
    {"GRE, label", Ipv4{} / Gre{} / Mpls{}, {.tunnel = TunnelKind::Gre}},
    {"GRE, Ethernet (NVGRE)",
     Ipv4{} / Gre{.key = 0x12345600} / Ethernet{},
     {.tunnel_id = 0x12345600, .tunnel = TunnelKind::Gre}},
    {"GRE, redirect",
     Ipv4{} / Gre{.type = 0x883E} / Raw{Bytes{0, 0, 0, 0}},
     {.tunnel = TunnelKind::Gre},
     EncapsulationCase::Carries::V4},
    {"PPTP",
     Ipv4{} / Gre{.key = 77, .sequence = 1, .version = 1} / Ppp{.hdlc = true},
     {.tunnel_id = 77, .tunnel = TunnelKind::Pptp}},
    {"PPTP, acknowledging",
     Ipv4{} / Gre{.key = 77, .sequence = 1, .version = 1, .acknowledge = 2} / Ppp{},
     {.tunnel_id = 77, .tunnel = TunnelKind::Pptp}},
    {"ERSPAN I",
     Ipv4{} / Gre{.type = 0x88BE} / Erspan{.type = 1} / Ethernet{},
     {.tunnel = TunnelKind::Erspan}},
    {"ERSPAN II",
     Ipv4{} / Gre{.sequence = 1} / Erspan{.session = 1023} / Ethernet{},
     {.tunnel_id = 1023, .tunnel = TunnelKind::Erspan}},
    {"ERSPAN III",
     Ipv4{} / Gre{.sequence = 1} / Erspan{.type = 3, .session = 5} / Ethernet{},
     {.tunnel_id = 5, .tunnel = TunnelKind::Erspan}},
    {"ERSPAN III, platform",
     Ipv4{} / Gre{.sequence = 1} / Erspan{.type = 3, .session = 5, .platform = true} / Ethernet{},
     {.tunnel_id = 5, .tunnel = TunnelKind::Erspan}},
    {"VXLAN",
     Ipv4{} / Udp{} / Vxlan{.vni = 0xABCDEF} / Ethernet{},
     {.tunnel_id = 0xABCDEF, .tunnel = TunnelKind::Vxlan}},
    {"VXLAN over IPv6",
     Ipv6{} / Udp{} / Vxlan{.vni = 2} / Ethernet{},
     {.tunnel_id = 2, .tunnel = TunnelKind::Vxlan}},
    {"VXLAN, Linux's port",
     Ipv4{} / Udp{.dport = 8472} / Vxlan{} / Ethernet{},
     {.tunnel_id = 1, .tunnel = TunnelKind::Vxlan}},
    {"VXLAN, inner VLAN",
     Ipv4{} / Udp{} / Vxlan{} / Ethernet{} / Vlan{.id = 5},
     {.tunnel_id = 1, .tunnel = TunnelKind::Vxlan}},
    {"VXLAN-GPE, IP",
     Ipv4{} / Udp{} / VxlanGpe{.vni = 3},
     {.tunnel_id = 3, .tunnel = TunnelKind::Vxlan}},
    {"VXLAN-GPE, Ethernet",
     Ipv4{} / Udp{} / VxlanGpe{.vni = 3} / Ethernet{},
     {.tunnel_id = 3, .tunnel = TunnelKind::Vxlan}},
    {"Geneve, Ethernet",
     Ipv4{} / Udp{} / Geneve{.vni = 4} / Ethernet{},
     {.tunnel_id = 4, .tunnel = TunnelKind::Geneve}},
    {"Geneve, IP, options",
     Ipv4{} / Udp{} / Geneve{.vni = 4, .option_words = 63},
     {.tunnel_id = 4, .tunnel = TunnelKind::Geneve}},
    {"GTP-U",
     Ipv4{} / Udp{} / GtpU{.teid = 0xFEDCBA98},
     {.tunnel_id = 0xFEDCBA98, .tunnel = TunnelKind::GtpU}},
    {"GTP-U, from the port",
     Ipv4{} / Udp{.sport = 2152, .dport = 40000} / GtpU{},
     {.tunnel_id = 1, .tunnel = TunnelKind::GtpU}},
    {"GTP-U, sequence",
     Ipv4{} / Udp{} / GtpU{.sequence = true},
     {.tunnel_id = 1, .tunnel = TunnelKind::GtpU}},
    {"GTP-U, extensions",
     Ipv4{} / Udp{} / GtpU{.extensions = 3},
     {.tunnel_id = 1, .tunnel = TunnelKind::GtpU}},
    {"GTP-U in VXLAN",
     Ipv4{} / Udp{} / Vxlan{} / Ethernet{} / Ipv4{} / Udp{} / GtpU{.teid = 2},
     {.tunnel_id = 2, .tunnel = TunnelKind::GtpU}},
    {"IP in IP in GRE", Ipv4{} / Gre{.key = 5} / Ipv4{}, {.tunnel = TunnelKind::IpIp}},
    {"GRE in IP in IP",
     Ipv4{} / Ipv4{} / Gre{.key = 5},
     {.tunnel_id = 5, .tunnel = TunnelKind::Gre}},
    {"Teredo",
     Ipv4{} / Udp{} / Teredo{},
     {.tunnel = TunnelKind::Teredo},
     EncapsulationCase::Carries::V6},
    {"Teredo, from the server",
     Ipv4{} / Udp{.sport = 3544, .dport = 50000} / Teredo{},
     {.tunnel = TunnelKind::Teredo},
     EncapsulationCase::Carries::V6},
    {"Teredo, authentication",
     Ipv4{} / Udp{} / Teredo{.authentication = true},
     {.tunnel = TunnelKind::Teredo},
     EncapsulationCase::Carries::V6},
    {"Teredo, origin",
     Ipv4{} / Udp{} / Teredo{.origin = true},
     {.tunnel = TunnelKind::Teredo},
     EncapsulationCase::Carries::V6},
    {"Teredo, both",
     Ipv4{} / Udp{} / Teredo{.authentication = true, .origin = true},
     {.tunnel = TunnelKind::Teredo},
     EncapsulationCase::Carries::V6},
    {"VXLAN, reserved bits",
     Ipv4{} / Udp{.dport = 4789} / Raw{Bytes{0xFF, 1, 2, 3, 0, 0, 77, 5}} / Ethernet{},
     {.tunnel_id = 77, .tunnel = TunnelKind::Vxlan}},
    {"VXLAN without VNI",
     Ipv4{} / Udp{.dport = 4789} / Raw{Bytes(8, 0)} / Ethernet{},
     {.tunnel = TunnelKind::Vxlan}},
    {"VXLAN-GPE, NSH",
     Ipv4{} / Udp{.dport = 4790} /
         Raw{Bytes{0x0C, 0, 0, 4, 0, 0, 3, 0, 0x0F, 0xC2, 2, 3, 0, 0, 5, 1}} / Ethernet{},
     {.tunnel_id = 3, .tunnel = TunnelKind::Vxlan}},
    {"TZSP",
     Ipv4{} / Udp{.dport = 37008} / Raw{Bytes{1, 0, 0, 1, 10, 1, 0xC4, 0, 1}} / Ethernet{},
     {.tunnel = TunnelKind::Tzsp}},
    {"TZSP, 802.11",
     Ipv4{} / Udp{.dport = 37008} / Raw{Bytes{1, 0, 0, 18, 1}} / Dot11{} / LlcSnap{},
     {.tunnel = TunnelKind::Tzsp}},
    {"TZSP, AVS",
     Ipv4{} / Udp{.dport = 37008} /
         Raw{Bytes{1, 0, 0, 127, 1, 0x80, 0x21, 0x10, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0}} /
         Dot11{} / LlcSnap{},
     {.tunnel = TunnelKind::Tzsp}},
    {"L2TP",
     Ipv4{} / Udp{.dport = 1701} / Raw{Bytes{0, 2, 0, 77, 0, 88}} / Ppp{.hdlc = true},
     {.tunnel_id = 88, .tunnel = TunnelKind::L2tp}},
    {"L2TP, all fields",
     Ipv4{} / Udp{.sport = 1701, .dport = 5000} /
         Raw{Bytes{0x4A, 2, 0, 90, 0, 77, 0, 88, 0, 1, 0, 2, 0, 3, 9, 9, 9}} / Ppp{},
     {.tunnel_id = 88, .tunnel = TunnelKind::L2tp}},
    {"MPLS in UDP", Ipv4{} / Udp{.dport = 6635} / Raw{Bytes{0, 1, 1, 64}}},
    {"GRE in UDP",
     Ipv4{} / Udp{.dport = 4754} / Raw{Bytes{0x20, 0, 0x65, 0x58, 0, 0, 0, 6}} / Ethernet{},
     {.tunnel_id = 6, .tunnel = TunnelKind::Gre}},
    {"GUE, IP",
     Ipv4{} / Udp{.dport = 6080} / Raw{Bytes{1, 4, 0, 0, 0, 0, 0, 0}},
     {.tunnel = TunnelKind::Gue},
     Carries::V4},
    {"GUE, IPv6",
     Ipv4{} / Udp{.dport = 6080} / Raw{Bytes{0, 41, 0, 0}},
     {.tunnel = TunnelKind::Gue},
     Carries::V6},
    {"LISP",
     Ipv4{} / Udp{.dport = 4341} / Raw{Bytes{0x08, 0, 0, 0, 0, 0, 9, 0}},
     {.tunnel_id = 9, .tunnel = TunnelKind::Lisp}},
    {"CAPWAP, Ethernet",
     Ipv4{} / Udp{.dport = 5247} / Raw{Bytes{0, 0x10, 2, 0, 0, 0, 0, 0}} / Ethernet{},
     {.tunnel = TunnelKind::Capwap}},
    {"CAPWAP, 802.11",
     Ipv4{} / Udp{.sport = 5247, .dport = 5000} / Raw{Bytes{0, 0x10, 3, 0, 0, 0, 0, 0}} / Dot11{} /
         LlcSnap{},
     {.tunnel = TunnelKind::Capwap}},
    {"EtherIP",
     Ipv4{.protocol = 97} / Raw{Bytes{0x30, 0}} / Ethernet{},
     {.tunnel = TunnelKind::EtherIp}},
    {"Ethernet in IPv6", Ipv6{.next_header = 143} / Ethernet{}},
};

/// "GRE, key" → "gre-key".
std::string file_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  return out;
}

void add_samples(std::vector<SamplePacket>& samples, const EncapsulationCase& way,
                 const Stack& outside, LinkType link) {
  const auto add = [&](const char* version, const Stack& inside) {
    const Stack packet = outside / inside;
    samples.push_back({file_name(way.name) + version, link, packet.bytes()});
  };
  const Tcp tcp{.seq = 0xFFFFFFFF, .ack_seq = 7, .syn = true, .ack = true, .options = Bytes(12, 1)};
  if (way.carries_v4()) add("-v4", Ipv4{.options = Bytes(4, 1)} / tcp / Payload{9});
  if (way.carries_v6()) add("-v6", Ipv6{} / DestinationOptions{} / Fragment{} / tcp / Payload{9});
}

}  // namespace

void PrintTo(const EncapsulationCase& way, std::ostream* out) { *out << way.name; }

std::vector<EncapsulationCase> link_cases() {
  std::vector<EncapsulationCase> cases(std::begin(kLinks), std::end(kLinks));
  for (EncapsulationCase& link : raw_link_cases()) cases.push_back(std::move(link));
  return cases;
}

std::vector<EncapsulationCase> tunnel_cases() { return {std::begin(kTunnels), std::end(kTunnels)}; }

std::vector<SamplePacket> sample_packets() {
  std::vector<SamplePacket> samples;
  for (const EncapsulationCase& way : link_cases())
    add_samples(samples, way, way.outside, way.link_type());
  for (const EncapsulationCase& way : tunnel_cases())
    add_samples(samples, way, Ethernet{} / way.outside, LinkType::Ethernet);

  const auto add = [&](const char* name, const Stack& packet) {
    samples.push_back({name, packet.link(), packet.bytes()});
  };
  const Stack quoted = Ipv4{} / Tcp{.syn = true};
  const Stack quoted6 = Ipv6{} / HopByHop{} / Tcp{.syn = true};
  add("icmp", Ethernet{} / Ipv4{} / Icmp{.code = 13} / quote(quoted, 28));
  add("icmp6", Ethernet{} / Ipv6{} / Icmp6{} / quote(quoted6));
  add("plain-v4", Ethernet{.pad = true} / Ipv4{} / Tcp{.syn = true});
  add("plain-v6", Ethernet{} / Ipv6{} / Tcp{.fin = true, .ack = true});
  add("jumbogram",
      Ethernet{} / Ipv6{.payload_length = 0} / HopByHop{.jumbo = 40} / Tcp{} / Payload{12});
  add("offloaded", Ethernet{} / Ipv4{.total_length = 0} / Tcp{} / Payload{12});
  add("first-fragment", Ethernet{} / Ipv4{.more_fragments = true} / Tcp{.options = Bytes(8, 1)});
  add("later-fragment", Ethernet{} / Ipv6{} / Fragment{.offset = 8} / Tcp{});
  add("authentication", Ethernet{} / Ipv4{} / Ah{} / Tcp{});
  return samples;
}

}  // namespace synfin::test
