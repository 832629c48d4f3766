// The same connection in each link layer, tag and tunnel. Tested by golden.captures.
#include <algorithm>
#include <utility>

#include "conversation.h"

namespace synfin::test {
namespace {

struct Carrier {
  const char* name;
  const char* description;
  Stack (*wrap)(Stack ip, bool up);
  Endpoints ends = {};
  LinkType link = LinkType::Unknown;  ///< Unknown: that of the first layer
};

const Endpoints kSix = {"2001:db8::1", "2001:db8::7", 40000, 80};

/// The tunnel's own IP header.
Stack outer(bool up) {
  return ethernet(up) /
         Ipv4{.src = up ? "203.0.113.1" : "203.0.113.2", .dst = up ? "203.0.113.2" : "203.0.113.1"};
}

/// Ethernet with a tag of type `type`, before IPv4.
Stack tagged(std::uint16_t type, Bytes tag, bool up) {
  Ethernet frame = ethernet(up);
  frame.type = type;
  tag.insert(tag.end(), {8, 0});
  return frame / Raw{std::move(tag)};
}

Dot11 wlan(bool up) { return {.to_ds = up, .from_ds = !up}; }

const std::vector<Carrier> kCarriers = {
    {"vlan", "802.1Q, VLAN 7", [](Stack ip, bool up) { return ethernet(up) / Vlan{.id = 7} / ip; }},
    {"qinq", "802.1ad: VLAN 7 in service VLAN 100",
     [](Stack ip, bool up) {
       return ethernet(up) / Vlan{.id = 100, .tpid = 0x88A8} / Vlan{.id = 7} / ip;
     }},
    {"pppoe", "PPP over Ethernet",
     [](Stack ip, bool up) { return ethernet(up) / Pppoe{} / Ppp{} / ip; }},
    {"mpls", "two MPLS labels",
     [](Stack ip, bool up) { return ethernet(up) / Mpls{.label = 100} / Mpls{.label = 200} / ip; }},
    {"vxlan", "VXLAN, network 42",
     [](Stack ip, bool up) { return outer(up) / Udp{} / Vxlan{.vni = 42} / ethernet(up) / ip; }},
    {"geneve", "Geneve, network 42, with options",
     [](Stack ip, bool up) {
       return outer(up) / Udp{} / Geneve{.vni = 42, .option_words = 2} / ethernet(up) / ip;
     }},
    {"gre", "GRE with key 42", [](Stack ip, bool up) { return outer(up) / Gre{.key = 42} / ip; }},
    {"erspan", "ERSPAN type 2, session 42: a switch's mirror port",
     [](Stack ip, bool up) {
       return outer(true) / Gre{.sequence = 1} / Erspan{.session = 42} / ethernet(up) / ip;
     }},
    {"erspan-3", "ERSPAN type 3, session 42",
     [](Stack ip, bool up) {
       return outer(true) / Gre{.sequence = 1} / Erspan{.type = 3, .session = 42} / ethernet(up) /
              ip;
     }},
    {"ipip", "IPv4 in IPv4", [](Stack ip, bool up) { return outer(up) / ip; }},
    {"6in4", "IPv6 in IPv4", [](Stack ip, bool up) { return outer(up) / ip; }, kSix},
    {"gtp-u", "GTP-U, a mobile network's user plane, tunnel 42",
     [](Stack ip, bool up) { return outer(up) / Udp{} / GtpU{.teid = 42} / ip; }},
    {"teredo", "Teredo: IPv6 in UDP",
     [](Stack ip, bool up) { return outer(up) / Udp{} / Teredo{} / ip; }, kSix},
    {"sll", "Linux cooked capture", [](Stack ip, bool) { return Sll{} / ip; }},
    {"sll2", "Linux cooked capture, version 2", [](Stack ip, bool) { return Sll2{} / ip; }},
    {"raw", "no link header", [](Stack ip, bool) { return ip; }},
    {"null", "BSD loopback", [](Stack ip, bool) { return Null{} / ip; }},
    {"loop", "OpenBSD loopback, IPv6", [](Stack ip, bool) { return Loop{} / ip; }, kSix},
    {"ppp", "PPP in HDLC-like framing", [](Stack ip, bool) { return Ppp{.hdlc = true} / ip; }},
    {"wlan", "802.11 data frames behind a radiotap header",
     [](Stack ip, bool up) { return Radiotap{} / wlan(up) / LlcSnap{} / ip; }},
    {"vxlan-reserved-bits", "VXLAN, network 42, with reserved bits set in one direction",
     [](Stack ip, bool up) {
       const Bytes header = up ? Bytes{0xFF, 1, 2, 3, 0, 0, 42, 5} : Bytes{8, 0, 0, 0, 0, 0, 42, 0};
       return outer(up) / Udp{.dport = 4789} / Raw{header} / ethernet(up) / ip;
     }},
    {"tzsp", "TZSP, as MikroTik routers mirror packets",
     [](Stack ip, bool up) {
       return outer(true) / Udp{.dport = 37008} / Raw{{1, 0, 0, 1, 1}} / ethernet(up) / ip;
     }},
    {"l2tp", "L2TPv2 with PPP, session 88",
     [](Stack ip, bool up) {
       return outer(up) / Udp{.sport = 1701, .dport = 1701} / Raw{{0, 2, 0, 77, 0, 88}} /
              Ppp{.hdlc = true} / ip;
     }},
    {"mpls-in-udp", "an MPLS label in UDP",
     [](Stack ip, bool up) {
       return outer(up) / Udp{.dport = 6635} / Raw{{0, 6, 0x41, 0x40}} / ip;
     }},
    {"ttag", "Cisco TTag: a time stamp before the EtherType",
     [](Stack ip, bool up) {
       return tagged(0x8988, {0x16, 0x8A, 1, 2, 3, 4}, up) / ip;
     }},
    {"erspan-ttag", "ERSPAN type 2, session 42, with Cisco TTags in one direction",
     [](Stack ip, bool up) {
       const Stack frame = up ? Stack(ethernet(up)) : tagged(0x8988, {0x16, 0x8A, 1, 2, 3, 4}, up);
       return outer(true) / Gre{.sequence = 1} / Erspan{.session = 42} / frame / ip;
     }},
    {"e-tag", "an 802.1BR E-tag",
     [](Stack ip, bool up) {
       return tagged(0x893F, {0, 0, 0, 5, 0, 0}, up) / ip;
     }},
    {"hsr", "High-availability Seamless Redundancy",
     [](Stack ip, bool up) {
       return tagged(0x892F, {0x10, 0x2E, 0, 1}, up) / ip;
     }},
    {"nsh", "a network service header",
     [](Stack ip, bool up) {
       Ethernet frame = ethernet(up);
       frame.type = 0x894F;
       return frame / Raw{{0x0F, 0xC2, 2, 1, 0, 0, 5, 0xFF}} / ip;
     }},
    {"fddi",
     "FDDI with LLC and SNAP",
     [](Stack ip, bool) {
       return Raw{{0x50, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}} / LlcSnap{} / ip;
     },
     {},
     LinkType::Fddi},
    {"frame-relay",
     "frame relay with an NLPID",
     [](Stack ip, bool) {
       return Raw{{0x18, 0x41, 3, 0xCC}} / ip;
     },
     {},
     LinkType::FrameRelay},
    {"cisco-hdlc-in-ppp",
     "Cisco HDLC under the link type of PPP",
     [](Stack ip, bool) {
       return Raw{{0x0F, 0, 8, 0}} / ip;
     },
     {},
     LinkType::Ppp},
    {"slip", "SLIP", [](Stack ip, bool) { return Raw{Bytes(16, 0)} / ip; }, {}, LinkType::Slip},
    {"ipoib",
     "IP over InfiniBand",
     [](Stack ip, bool) {
       return Raw{Bytes(40, 0)} / Raw{{8, 0, 0, 0}} / ip;
     },
     {},
     LinkType::IpOverInfiniband},
    {"dsa",
     "a Marvell switch's DSA tag",
     [](Stack ip, bool) {
       return Raw{{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x40, 0, 0, 0, 8, 0}} / ip;
     },
     {},
     LinkType::MarvellDsa},
    {"broadcom-tag",
     "a Broadcom switch's tag",
     [](Stack ip, bool) {
       return Raw{{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0, 0, 1, 8, 0}} / ip;
     },
     {},
     LinkType::BroadcomTag},
    {"ppi",
     "Ethernet behind a per-packet information header",
     [](Stack ip, bool up) {
       return Raw{{0, 0, 8, 0, 1, 0, 0, 0}} / ethernet(up) / ip;
     },
     {},
     LinkType::Ppi},
    {"juniper",
     "Ethernet behind a Juniper header",
     [](Stack ip, bool up) {
       return Raw{{0x4D, 0x47, 0x43, 1}} / ethernet(up) / ip;
     },
     {},
     LinkType::JuniperEthernet},
};

Frames overlapping_networks() {
  Frames all = frames(complete_connection(), [](Stack ip, bool up) {
    return outer(up) / Udp{} / Vxlan{.vni = 11} / ethernet(up) / ip;
  });
  Rows other = complete_connection();
  for (Row& row : other) {
    row.time += 0.0005;
    row.seq += row.direction == '>' ? 70'000 : 90'000;
    if (row.ack != 0) row.ack += row.direction == '>' ? 90'000 : 70'000;
  }
  all += frames(other, [](Stack ip, bool up) {
    return outer(up) / Udp{} / Vxlan{.vni = 22} / ethernet(up) / ip;
  });
  std::stable_sort(all.begin(), all.end(),
                   [](const TimedPacket& a, const TimedPacket& b) { return a.time < b.time; });
  return all;
}

}  // namespace

std::vector<Capture> link_captures() {
  std::vector<Capture> out;
  for (const Carrier& c : kCarriers) {
    const LinkType first = c.wrap(ip_packet(complete_connection()[0], c.ends, 1), true).link();
    const LinkType link = c.link != LinkType::Unknown ? c.link : first;
    const Frames all = frames(complete_connection(), Wrap(c.wrap), c.ends);
    out.push_back({std::string(c.name) + ".pcap", c.description, pcap_bytes(all, link)});
  }
  out.push_back({"overlapping-networks.pcap",
                 "the same addresses and ports in VXLAN networks 11 and 22: two connections with "
                 "--context-key",
                 pcap_bytes(overlapping_networks(), LinkType::Ethernet)});
  return out;
}

}  // namespace synfin::test
