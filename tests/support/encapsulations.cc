// See encapsulations.h.
#include "support/encapsulations.h"

#include <cctype>
#include <iterator>
#include <ostream>

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
     {.vlan = 8}},
    {"three VLANs",
     Ethernet{} / Vlan{.id = 1, .tpid = 0x9100} / Vlan{.id = 2} / Vlan{.id = 4094},
     {.vlan = 4094}},
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
};

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
     {.tunnel_id = 77, .tunnel = TunnelKind::Gre}},
    {"PPTP, acknowledging",
     Ipv4{} / Gre{.key = 77, .sequence = 1, .version = 1, .acknowledge = 2} / Ppp{},
     {.tunnel_id = 77, .tunnel = TunnelKind::Gre}},
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
                 const Stack& outside) {
  const auto add = [&](const char* version, const Stack& inside) {
    const Stack packet = outside / inside;
    samples.push_back({file_name(way.name) + version, packet.link(), packet.bytes()});
  };
  const Tcp tcp{.seq = 0xFFFFFFFF, .ack_seq = 7, .syn = true, .ack = true, .options = Bytes(12, 1)};
  if (way.carries_v4()) add("-v4", Ipv4{.options = Bytes(4, 1)} / tcp / Payload{9});
  if (way.carries_v6()) add("-v6", Ipv6{} / DestinationOptions{} / Fragment{} / tcp / Payload{9});
}

}  // namespace

void PrintTo(const EncapsulationCase& way, std::ostream* out) { *out << way.name; }

std::vector<EncapsulationCase> link_cases() { return {std::begin(kLinks), std::end(kLinks)}; }

std::vector<EncapsulationCase> tunnel_cases() { return {std::begin(kTunnels), std::end(kTunnels)}; }

std::vector<SamplePacket> sample_packets() {
  std::vector<SamplePacket> samples;
  for (const EncapsulationCase& way : link_cases()) add_samples(samples, way, way.outside);
  for (const EncapsulationCase& way : tunnel_cases())
    add_samples(samples, way, Ethernet{} / way.outside);

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
