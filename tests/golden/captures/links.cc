// The same connection in each link layer, tag and tunnel. Tested by golden.captures.
#include "conversation.h"

namespace synfin::test {
namespace {

struct Carrier {
  const char* name;
  const char* description;
  Stack (*wrap)(Stack ip, bool up);
  Endpoints ends = {};
};

const Endpoints kSix = {"2001:db8::1", "2001:db8::7", 40000, 80};

/// The tunnel's own IP header.
Stack outer(bool up) {
  return ethernet(up) /
         Ipv4{.src = up ? "203.0.113.1" : "203.0.113.2", .dst = up ? "203.0.113.2" : "203.0.113.1"};
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
};

}  // namespace

std::vector<Capture> link_captures() {
  std::vector<Capture> out;
  for (const Carrier& c : kCarriers) {
    const LinkType link = c.wrap(ip_packet(complete_connection()[0], c.ends, 1), true).link();
    const Frames all = frames(complete_connection(), Wrap(c.wrap), c.ends);
    out.push_back({std::string(c.name) + ".pcap", c.description, pcap_bytes(all, link)});
  }
  return out;
}

}  // namespace synfin::test
