// Unusual IP packets: truncated, fragmented, with options, without a length. Tested by
// golden.captures.
#include <algorithm>

#include "conversation.h"

namespace synfin::test {
namespace {

Capture ether_capture(std::string name, std::string description, const Frames& all) {
  return {name + ".pcap", std::move(description), pcap_bytes(all, LinkType::Ethernet)};
}

/// Truncates each packet to `snap` bytes; its wire length stays the same.
Frames cut(Frames all, std::uint32_t snap) {
  for (TimedPacket& p : all) {
    p.wirelen = static_cast<std::uint32_t>(p.bytes.size());
    p.bytes.resize(std::min<std::size_t>(p.bytes.size(), snap));
  }
  return all;
}

/// The complete connection with the IP headers that `header` returns for each direction.
Frames with_header(const std::function<Stack(bool)>& header, const Endpoints& ends = {}) {
  Frames out;
  for (const Row& row : complete_connection()) {
    const bool up = row.direction == '>';
    out.push_back({at(row.time), (ethernet(up) / header(up) / tcp_segment(row, ends)).bytes()});
  }
  return out;
}

Ipv4 v4(bool up) {
  return {.src = up ? "192.0.2.1" : "198.51.100.7", .dst = up ? "198.51.100.7" : "192.0.2.1"};
}

Ipv6 v6(bool up) {
  return {.src = up ? "2001:db8::1" : "2001:db8::7", .dst = up ? "2001:db8::7" : "2001:db8::1"};
}

Stack no_length(bool up) {
  Ipv4 ip = v4(up);
  ip.total_length = 0;
  return ip;
}

Stack record_route(bool up) {
  Ipv4 ip = v4(up);
  ip.options = {7, 11, 12, 203, 0, 113, 1, 203, 0, 113, 2, 0};
  return ip;
}

Stack extended(bool up) {
  return v6(up) / HopByHop{} / Routing{.extra = 2} / DestinationOptions{.extra = 1};
}

/// The 300 bytes of the answer arrive in two fragments, of which only the first contains the ports.
Frames fragmented_v4() {
  Frames all = frames(complete_connection());
  const Bytes whole = tcp_segment(complete_connection()[5], {}).bytes();
  Ipv4 first = v4(false), second = v4(false);
  first.id = second.id = 77;
  first.protocol = second.protocol = 6;
  first.more_fragments = true;
  second.fragment_offset = 160;
  all[5].bytes = ethernet(false) / first / Raw{Bytes(whole.begin(), whole.begin() + 160)};
  const TimedPacket rest{at(0.1502),
                         ethernet(false) / second / Raw{Bytes(whole.begin() + 160, whole.end())}};
  all.insert(all.begin() + 6, rest);
  return all;
}

Frames fragmented_v6() {
  const Endpoints ends{"2001:db8::1", "2001:db8::7", 40000, 80};
  Frames all = frames(complete_connection(), ends);
  const Bytes whole = tcp_segment(complete_connection()[5], ends).bytes();
  const Bytes head(whole.begin(), whole.begin() + 160), tail(whole.begin() + 160, whole.end());
  const auto fragment = [](std::uint16_t offset, bool more, const Bytes& bytes) {
    Bytes header = {6,
                    0,
                    static_cast<std::uint8_t>(offset >> 8),
                    static_cast<std::uint8_t>(offset | (more ? 1 : 0)),
                    0,
                    0,
                    0,
                    9};
    header.insert(header.end(), bytes.begin(), bytes.end());
    Ipv6 ip = v6(false);
    ip.next_header = 44;
    return (ethernet(false) / ip / Raw{header}).bytes();
  };
  all[5].bytes = fragment(0, true, head);
  all.insert(all.begin() + 6, TimedPacket{at(0.1502), fragment(160, false, tail)});
  return all;
}

/// One packet for each counter of the ledger besides decoded TCP.
Frames ledger() {
  const auto packet = [](double time, const Stack& stack) {
    return TimedPacket{at(time), stack.bytes()};
  };
  const Stack syn = tcp_segment({0, '>', "S", 1}, {.orig_port = 40009});
  Ipv4 lies = v4(true), later = v4(true);
  lies.version_ihl = 0x42;
  later.protocol = 6;
  later.fragment_offset = 800;
  Frames all = frames(complete_connection());
  all.push_back(packet(1.0, Ethernet{.type = 0x0806} / Payload{28}));
  all.push_back(packet(1.1, ethernet(true) / v4(true) / Udp{} / Payload{20}));
  all.push_back(packet(1.2, ethernet(true) / v4(true) / Icmp{.type = 8, .code = 0} / Payload{20}));
  all.push_back(packet(1.3, ethernet(true) / later / Payload{64}));
  all.push_back(packet(1.4, ethernet(true) / lies / syn));
  all.push_back(packet(1.5, ethernet(true) / v4(true) / Tcp{.data_offset = 3}));
  const Frames short_one = cut({packet(1.6, ethernet(true) / v4(true) / syn)}, 40);
  all += short_one;
  return all;
}

}  // namespace

std::vector<Capture> packet_captures() {
  return {
      ether_capture(
          "snap-cut",
          "captured with a snap length of 60: the payload is missing, but its length is known",
          cut(frames(complete_connection()), 60)),
      ether_capture("tso-length-0",
                    "segmentation offload: IP total length 0 means the length on the wire",
                    with_header(no_length)),
      ether_capture("fragments",
                    "one segment in two IPv4 fragments: the first yields a segment, the second is "
                    "counted in the ledger",
                    fragmented_v4()),
      ether_capture("fragments-ipv6", "one segment in two IPv6 fragments", fragmented_v6()),
      ether_capture("ipv4-options", "every packet carries a record-route option",
                    with_header(record_route)),
      ether_capture("ipv6-extensions", "hop-by-hop, routing and destination options before TCP",
                    with_header(extended)),
      ether_capture("ledger",
                    "one connection and ARP, UDP, a ping, a later fragment, a bad IP header, a bad "
                    "TCP header, a truncated TCP header",
                    ledger()),
  };
}

}  // namespace synfin::test
