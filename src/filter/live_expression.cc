// See live_expression.h.
#include "synfin/filter/live_expression.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "synfin/base/protocol_numbers.h"
#include "synfin/capture/control_filter.h"

namespace synfin {
namespace {

constexpr std::uint32_t kMacs = 12, kTag = 4;

void put16(std::vector<std::uint8_t>& out, std::uint32_t v) {
  out.push_back(static_cast<std::uint8_t>(v >> 8));
  out.push_back(static_cast<std::uint8_t>(v));
}
void put32(std::vector<std::uint8_t>& out, std::uint32_t v) {
  put16(out, v >> 16);
  put16(out, v & 0xFFFF);
}

void put_address(std::vector<std::uint8_t>& out, const Address& address) {
  std::array<std::uint8_t, 16> bytes;
  out.insert(out.end(), bytes.begin(),
             bytes.begin() + static_cast<int>(address.store(bytes.data())));
}

/// Writes the IP and transport headers of the packet that a segment was decoded from. Unknown
/// fields are zero.
void put_packet(std::vector<std::uint8_t>& out, const Segment& s) {
  constexpr std::uint32_t kTcpHeader = 20, kUdpHeader = 8, kIpv4Header = 20;
  const bool udp = s.tuple.transport == Transport::Udp;
  const std::uint32_t payload = (udp ? kUdpHeader : kTcpHeader) + s.payload;
  const std::uint32_t protocol = protocol_number(s.tuple.transport);
  if (s.tuple.orig.address.is_v4()) {
    put16(out, 0x4500);
    put16(out, kIpv4Header + payload);
    put16(out, s.ip_id);
    put16(out, 0);
    put16(out, std::uint32_t{s.ttl} << 8 | protocol);
    put16(out, 0);
  } else {
    put32(out, 0x60000000);
    put16(out, payload);
    put16(out, protocol << 8 | s.ttl);
  }
  put_address(out, s.tuple.orig.address);
  put_address(out, s.tuple.resp.address);
  put16(out, s.tuple.orig.port);
  put16(out, s.tuple.resp.port);
  if (udp) {
    put16(out, payload);
    return put16(out, 0);
  }
  put32(out, s.seq);
  put32(out, s.ack);
  put16(out, 0x5000u | s.flags);
  put16(out, s.window);
  put32(out, 0);
}

/// Writes the link header of the outer frame with the type changed to IP. `vlan` adds the VLAN tag.
void put_link(std::vector<std::uint8_t>& out, const Packet& packet, const Segment& s, bool vlan) {
  const std::uint16_t type = s.tuple.orig.address.is_v4() ? kEtherIpv4 : kEtherIpv6;
  const auto copy = [&](std::uint32_t begin, std::uint32_t end) {
    out.insert(out.end(), packet.data + std::min(begin, packet.caplen),
               packet.data + std::min(end, packet.caplen));
  };
  switch (packet.link) {
    case LinkType::Ethernet:
      copy(0, kMacs);
      if (vlan) put32(out, std::uint32_t{kEtherVlan} << 16 | s.encapsulation.vlan);
      return put16(out, type);
    case LinkType::LinuxSll:
      copy(0, 14);
      return put16(out, type);
    case LinkType::LinuxSll2:
      put16(out, type);
      return copy(2, 20);
    default:
      return;
  }
}

Packet frame_of(const Packet& like, const std::vector<std::uint8_t>& bytes) {
  Packet frame = like;
  frame.data = bytes.data();
  frame.caplen = frame.wirelen = static_cast<std::uint32_t>(bytes.size());
  return frame;
}

bool is_tagged(const Packet& packet) {
  if (packet.link != LinkType::Ethernet || packet.caplen < kMacs + kTag) return false;
  const auto type = static_cast<std::uint16_t>(packet.data[kMacs] << 8 | packet.data[kMacs + 1]);
  return type == kEtherVlan || type == kEtherProviderVlan || type == kEtherQinQ;
}

}  // namespace

Result<LiveExpression> LiveExpression::create(const std::string& expression, bool in_kernel) {
  auto filter = BpfFilter::create(expression);
  if (filter) return LiveExpression(std::move(*filter), in_kernel);
  if (!in_kernel) return filter.error();
  // Some expressions, such as "inbound", exist in the kernel only. What it does not filter passes.
  return LiveExpression(std::nullopt, in_kernel);
}

std::size_t LiveExpression::keep(std::span<Packet> packets) {
  const auto kept = std::remove_if(packets.begin(), packets.end(),
                                   [this](const Packet& packet) { return !passes(packet); });
  return static_cast<std::size_t>(kept - packets.begin());
}

bool LiveExpression::matches(const FiveTuple& tuple) {
  if (!filter_) return true;
  constexpr std::array<std::uint8_t, 14> kEthernet{};
  Packet link;
  link.data = kEthernet.data();
  link.caplen = link.wirelen = kEthernet.size();
  link.link = LinkType::Ethernet;
  for (const FiveTuple& direction : {tuple, tuple.reversed()}) {
    Segment segment;
    segment.tuple = direction;
    if (matches_inside(link, segment)) return true;
  }
  return false;
}

bool LiveExpression::passes(const Packet& packet) {
  if (!filter_ || (in_kernel_ && kernel_decided(packet))) return true;
  if (matches_frame(packet)) return true;
  Segment segment;
  return probe_.decode({&packet, 1}, {&segment, 1}) == 1 && matches_inside(packet, segment);
}

bool LiveExpression::kernel_decided(const Packet& packet) {
  const auto known = unfiltered_.find(packet.link);
  if (known != unfiltered_.end()) return !bpf_passes(known->second, packet);
  unfiltered_[packet.link] = make_undecided_filter(static_cast<std::uint16_t>(packet.link));
  return kernel_decided(packet);
}

/// On a live capture the kernel removes a frame's outer VLAN tag before the filter runs, so that
/// both "port 80" and "vlan 5" match; libpcap then inserts it again. Both forms are therefore
/// tried.
bool LiveExpression::matches_frame(const Packet& packet) {
  if (filter_->matches(packet)) return true;
  if (!is_tagged(packet)) return false;
  std::vector<std::uint8_t> bytes(packet.data, packet.data + packet.caplen);
  bytes.erase(bytes.begin() + kMacs, bytes.begin() + kMacs + kTag);
  Packet untagged = packet;
  untagged.data = bytes.data();
  untagged.caplen -= kTag;
  untagged.wirelen -= kTag;
  return filter_->matches(untagged);
}

bool LiveExpression::matches_inside(const Packet& packet, const Segment& segment) {
  for (const bool vlan : {false, true}) {
    if (vlan && segment.encapsulation.vlan == 0) continue;
    std::vector<std::uint8_t> bytes;
    put_link(bytes, packet, segment, vlan);
    put_packet(bytes, segment);
    if (filter_->matches(frame_of(packet, bytes))) return true;
  }
  return false;
}

}  // namespace synfin
