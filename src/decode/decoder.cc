// See decoder.h. The loop over a batch inlines the common path Ethernet → IP → TCP.
#include "synfin/decode/decoder.h"

#include <cassert>

#include "decode/ip.h"
#include "decode/link.h"
#include "decode/tcp.h"

namespace synfin {

static_assert(Decoder::kMaxNesting == kMaxIpHeaders);

namespace {

// ---- The common path: Ethernet, IP without options or extensions, TCP. These headers are at fixed
// offsets. Every other packet is left to decode_any(). ----

constexpr std::uint32_t kPlainIpv4 = kEthernetHeader + kMinIpv4Header + kMinTcpHeader;
constexpr std::uint32_t kPlainIpv6 = kEthernetHeader + kIpv6Header + kMinTcpHeader;

/// IPv4 without options, not fragmented, with a length that fits the frame.
inline bool decode_plain_ipv4(Header<kPlainIpv4> frame, std::uint32_t wire, Segment& out) {
  const auto ip = frame.part<kEthernetHeader, kMinIpv4Header>();
  const auto tcp = frame.part<kEthernetHeader + kMinIpv4Header, kMinTcpHeader>();
  const std::uint32_t total = ip.u16<2>();
  if (ip.u8<0>() != 0x45 || (ip.u32<6>() & 0x3FFF00FF) != kProtocolTcp) return false;
  const std::uint32_t header = tcp_header_size(tcp);
  if (header < kMinTcpHeader || kMinIpv4Header + header > total || total > wire - kEthernetHeader)
    return false;
  store_ipv4(ip, out);
  out.ip_length = total;
  store_tcp(tcp, total - kMinIpv4Header - header, out);
  return true;
}

/// IPv6 without extension headers, with a length that fits the frame.
inline bool decode_plain_ipv6(Header<kPlainIpv6> frame, std::uint32_t wire, Segment& out) {
  const auto ip = frame.part<kEthernetHeader, kIpv6Header>();
  const auto tcp = frame.part<kEthernetHeader + kIpv6Header, kMinTcpHeader>();
  const std::uint32_t size = ip.u16<4>();
  if (ip.u8<0>() >> 4 != 6 || ip.u8<6>() != kProtocolTcp) return false;
  const std::uint32_t header = tcp_header_size(tcp);
  if (header < kMinTcpHeader || header > size || size > wire - kEthernetHeader - kIpv6Header)
    return false;
  store_ipv6(ip, out);
  out.ip_length = kIpv6Header + size;
  store_tcp(tcp, size - header, out);
  return true;
}

constexpr std::uint32_t kSourceMac = 6;

inline bool decode_plain(const Packet& packet, LinkNeighbors* neighbors, Segment& out) {
  const bool fits = packet.caplen >= kPlainIpv4 && packet.caplen <= packet.wirelen;
  if (packet.link != LinkType::Ethernet || !fits) return false;
  const ByteView view(packet.data, packet.caplen, packet.wirelen);
  const auto v4 = view.header<kPlainIpv4>();
  const std::uint16_t type = v4.u16<12>();
  std::uint32_t before_tcp = kEthernetHeader + kMinIpv4Header;
  if (type == kEtherIpv4) {
    if (!decode_plain_ipv4(v4, packet.wirelen, out)) return false;
  } else if (type == kEtherIpv6) {
    const auto v6 = view.header<kPlainIpv6>();
    if (!v6 || !decode_plain_ipv6(v6, packet.wirelen, out)) return false;
    before_tcp = kEthernetHeader + kIpv6Header;
  } else {
    return false;
  }
  if ((out.flags & kSyn) != 0) {
    const ByteView tcp = view.skip(before_tcp);
    out.window_scale = find_window_scale(tcp, tcp_header_size(tcp.header<kMinTcpHeader>()));
    if (neighbors != nullptr && (out.flags & kAck) != 0)
      neighbors->note(out.time, out.tuple.orig.address, packet.data + kSourceMac);
  }
  return true;
}

/// Notes the MAC address of a SYN-ACK that has VLAN tags, or whose checksum was verified. Other
/// headers between Ethernet and IP end at a device that is not the sender.
void note_neighbor(const Packet& packet, const Segment& segment, LinkNeighbors& neighbors) {
  constexpr std::uint16_t kSynAck = kSyn | kAck;
  if (segment.kind != SegmentKind::Tcp || (segment.flags & kSynAck) != kSynAck) return;
  if (packet.link != LinkType::Ethernet || segment.encapsulation.tunnel != TunnelKind::None) return;
  const ByteView view(packet.data, packet.caplen, packet.wirelen);
  for (std::uint32_t at = kEthernetHeader - 2; at <= kEthernetHeader + 6; at += 4) {
    const auto header = view.skip(at).header<2>();
    if (!header) return;
    const std::uint16_t type = header.u16<0>();
    if (type == kEtherIpv4 || type == kEtherIpv6)
      return neighbors.note(segment.time, segment.tuple.orig.address, packet.data + kSourceMac);
    if (type != kEtherVlan && type != kEtherProviderVlan) return;
  }
}

/// Decodes any packet. Writes all members of `out` if the result is Decoded.
DecodeResult decode_any(const Packet& packet, const DecodeOptions& options, Segment& out) {
  DecodeContext context{.segment = out,
                        .verify_checksums = options.verify_checksums,
                        .syn_options = options.syn_options};
  return decode_link(packet.link, ByteView(packet.data, packet.caplen, packet.wirelen), context);
}

std::uint64_t& counter_of(DecodeResult result, DecodeCounters& counters) {
  switch (result) {
    case DecodeResult::Decoded:
      return counters.decoded;
    case DecodeResult::NotTcp:
      return counters.not_tcp;
    case DecodeResult::Fragment:
      return counters.fragments;
    case DecodeResult::Truncated:
      return counters.truncated;
    case DecodeResult::Malformed:
      return counters.malformed;
    case DecodeResult::UnsupportedLink:
      return counters.unsupported_link;
    case DecodeResult::BadChecksum:
      break;
  }
  return counters.bad_checksum;
}

}  // namespace

std::size_t Decoder::decode(std::span<const Packet> packets, std::span<Segment> out) noexcept {
  assert(out.size() >= packets.size());
  const bool plain = !options_.verify_checksums && !options_.syn_options;
  Segment* next = out.data();
  for (const Packet& packet : packets) {
    Segment& segment = *next;
    segment.time = packet.time;
    segment.interface = packet.interface;
    segment.source = packet.source;
    segment.encapsulation = {};
    if (plain && decode_plain(packet, options_.neighbors, segment)) [[likely]] {
      ++next;
      continue;
    }
    const DecodeResult result = decode_any(packet, options_, segment);
    if (result == DecodeResult::Decoded) {
      if (options_.neighbors != nullptr) note_neighbor(packet, segment, *options_.neighbors);
      ++next;
    } else {
      ++counter_of(result, counters_);
    }
  }
  const auto count = static_cast<std::size_t>(next - out.data());
  counters_.decoded += count;
  return count;
}

}  // namespace synfin
