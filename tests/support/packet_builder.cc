/// \file
/// Builds the bytes of a Stack from the innermost layer outwards, because each header depends on
/// its payload. Tested in tests/unit/decode/packet_builder_test.cc.
#include "support/packet_builder.h"

#include <algorithm>

#include "support/packet_bytes.h"

namespace synfin::test {
namespace {

std::uint32_t family(const Surroundings& s) { return s.next_is<Ipv6>() ? 24 : 2; }

Bytes encode(const Ethernet& l, const Surroundings& s) {
  Writer w;
  w.mac(l.dst).mac(l.src);
  const std::uint32_t type = s.next_is<LlcSnap>() ? narrow(s.size()) : ether_type(s);
  w.u16(l.type.value_or(static_cast<std::uint16_t>(type))).put(s.inner);
  if (l.pad && w.bytes().size() < 60) w.zeros(60 - w.bytes().size());
  return w.bytes();
}

Bytes encode(const LlcSnap& l, const Surroundings& s) {
  return Writer()
      .u16(0xAAAA)
      .u8(3)
      .u16(0)
      .u8(0)
      .u16(l.type.value_or(ether_type(s)))
      .put(s.inner)
      .bytes();
}

Bytes encode(const Vlan& l, const Surroundings& s) {
  return Writer().u16(l.id).u16(l.type.value_or(ether_type(s))).put(s.inner).bytes();
}

Bytes encode(const Mpls& l, const Surroundings& s) {
  const std::uint32_t bottom = s.next_is<Mpls>() ? 0 : 0x100;
  return Writer().u32(l.label << 12 | bottom | l.ttl).put(s.inner).bytes();
}

Bytes encode(const ControlWord& l, const Surroundings& s) {
  return Writer().u16(0).u16(l.sequence).put(s.inner).bytes();
}

Bytes encode(const Pppoe& l, const Surroundings& s) {
  return Writer().u16(0x1100).u16(l.session).u16(narrow(s.size())).put(s.inner).bytes();
}

Bytes encode(const Ppp& l, const Surroundings& s) {
  Writer w;
  if (l.hdlc) w.u16(0xFF03);
  const std::uint16_t protocol = l.protocol.value_or(s.next_is<Ipv6>()   ? 0x57
                                                     : s.next_is<Mpls>() ? 0x281
                                                                         : 0x21);
  if (l.compressed) return w.u8(protocol).put(s.inner).bytes();
  return w.u16(protocol).put(s.inner).bytes();
}

Bytes encode(const Sll& l, const Surroundings& s) {
  Writer w;
  w.u16(0).u16(l.hardware).u16(6).mac(1).u16(0);
  return w.u16(l.type.value_or(ether_type(s))).put(s.inner).bytes();
}

Bytes encode(const Sll2& l, const Surroundings& s) {
  Writer w;
  w.u16(l.type.value_or(ether_type(s))).u16(0).u32(l.interface);
  return w.u16(l.hardware).u8(0).u8(6).mac(1).u16(0).put(s.inner).bytes();
}

Bytes encode(const Null& l, const Surroundings& s) {
  const std::uint32_t f = l.family.value_or(family(s));
  return Writer().u32(l.big_endian ? f : __builtin_bswap32(f)).put(s.inner).bytes();
}

Bytes encode(const Loop& l, const Surroundings& s) {
  return Writer().u32(l.family.value_or(family(s))).put(s.inner).bytes();
}

Bytes encode(const Dot11& l, const Surroundings& s) {
  Writer w;
  w.u8(l.subtype << 4 | l.type << 2);
  w.u8(l.order << 7 | l.is_protected << 6 | l.from_ds << 1 | l.to_ds).u16(0);
  w.mac(2).mac(1).mac(3).u8(l.fragment & 0xF).u8(0);
  if (l.to_ds && l.from_ds) w.mac(4);
  const bool has_qos = (l.subtype & 8) != 0;
  if (has_qos) w.u8(l.qos).u8(l.qos >> 8);
  if (has_qos && l.order) w.u32(0);
  return w.put(s.inner).bytes();
}

Bytes encode(const Radiotap& l, const Surroundings& s) {
  Writer w;
  w.u16(0).u8(l.length).u8(l.length >> 8).u32(__builtin_bswap32(l.present)).put(l.fields);
  if (w.bytes().size() < l.length) w.zeros(l.length - w.bytes().size());
  return w.put(s.inner).bytes();
}

Bytes encode(const Ipv4& l, const Surroundings& s) {
  const std::uint32_t header = 20 + narrow(l.options.size());
  Writer w;
  w.u8(l.version_ihl.value_or(static_cast<std::uint8_t>(0x40 | header / 4))).u8(0);
  w.u16(l.total_length.value_or(static_cast<std::uint16_t>(header + s.size()))).u16(l.id);
  w.u16((l.more_fragments ? 0x2000u : 0u) | l.fragment_offset / 8u);
  w.u8(l.ttl)
      .u8(l.protocol.value_or(ip_protocol(s)))
      .u16(0)
      .address(l.src)
      .address(l.dst)
      .put(l.options);
  return w.set16(10, l.checksum.value_or(internet_checksum(w.bytes()))).put(s.inner).bytes();
}

Bytes encode(const Ipv6& l, const Surroundings& s) {
  Writer w;
  w.u32(std::uint32_t{l.version} << 28);
  w.u16(l.payload_length.value_or(static_cast<std::uint16_t>(s.size() > 0xFFFF ? 0 : s.size())));
  w.u8(l.next_header.value_or(ip_protocol(s))).u8(l.hop_limit).address(l.src).address(l.dst);
  return w.put(s.inner).bytes();
}

/// Next header, length in units of 8 beyond the first, PadN over the rest.
Bytes options_header(const Surroundings& s, std::uint8_t extra) {
  return Writer()
      .u8(ip_protocol(s))
      .u8(extra)
      .u8(1)
      .u8(4 + extra * 8u)
      .zeros(4 + extra * 8u)
      .put(s.inner)
      .bytes();
}

Bytes encode(const HopByHop& l, const Surroundings& s) {
  if (!l.jumbo) return options_header(s, l.extra);
  return Writer()
      .u8(ip_protocol(s))
      .u8(l.extra)
      .u16(0xC204)
      .u32(*l.jumbo)
      .zeros(l.extra * 8u)
      .put(s.inner)
      .bytes();
}

Bytes encode(const Routing& l, const Surroundings& s) {
  return Writer()
      .u8(ip_protocol(s))
      .u8(l.extra)
      .u8(2)
      .u8(0)
      .zeros(4 + l.extra * 8u)
      .put(s.inner)
      .bytes();
}

Bytes encode(const DestinationOptions& l, const Surroundings& s) {
  return options_header(s, l.extra);
}

Bytes encode(const Fragment& l, const Surroundings& s) {
  return Writer()
      .u8(ip_protocol(s))
      .u8(0)
      .u16(l.offset | (l.more ? 1u : 0u))
      .u32(l.id)
      .put(s.inner)
      .bytes();
}

Bytes encode(const Ah& l, const Surroundings& s) {
  return Writer()
      .u8(ip_protocol(s))
      .u8((12u + l.icv) / 4 - 2)
      .u16(0)
      .u32(1)
      .u32(1)
      .zeros(l.icv)
      .put(s.inner)
      .bytes();
}

Bytes encode(const Extension& l, const Surroundings& s) { return options_header(s, l.extra); }

/// Over the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) of the IP layer around and `segment`.
std::uint16_t transport_checksum(const Bytes& segment, std::uint8_t protocol, const Layer* ip) {
  Writer pseudo;
  if (ip == nullptr) return 0;
  if (const auto* v4 = std::get_if<Ipv4>(ip)) {
    pseudo.address(v4->src).address(v4->dst);
  } else {
    pseudo.address(std::get<Ipv6>(*ip).src).address(std::get<Ipv6>(*ip).dst);
  }
  pseudo.u32(narrow(segment.size())).u32(protocol).put(segment);
  return internet_checksum(pseudo.bytes());
}

Bytes encode(const Tcp& l, const Surroundings& s) {
  const std::uint32_t words =
      l.data_offset.value_or(static_cast<std::uint8_t>(5 + l.options.size() / 4));
  const bool flags[] = {l.ae, l.cwr, l.ece, l.urg, l.ack, l.psh, l.rst, l.syn, l.fin};
  std::uint32_t bits = 0;
  for (const bool flag : flags) bits = bits << 1 | (flag ? 1u : 0u);
  Writer w;
  w.u16(l.sport).u16(l.dport).u32(l.seq).u32(l.ack_seq).u16(words << 12 | bits).u16(l.window);
  w.u16(0).u16(0).put(l.options).put(s.inner);
  return w.set16(16, l.checksum.value_or(transport_checksum(w.bytes(), 6, s.ip))).bytes();
}

std::uint16_t udp_port(const Surroundings& s) {
  if (s.next_is<Vxlan>()) return 4789;
  if (s.next_is<VxlanGpe>()) return 4790;
  if (s.next_is<Geneve>()) return 6081;
  if (s.next_is<GtpU>()) return 2152;
  return s.next_is<Teredo>() ? 3544 : 9;
}

Bytes encode(const Udp& l, const Surroundings& s) {
  Writer w;
  w.u16(l.sport).u16(l.dport.value_or(udp_port(s)));
  w.u16(l.length.value_or(static_cast<std::uint16_t>(8 + s.size()))).u16(0).put(s.inner);
  return w.set16(6, transport_checksum(w.bytes(), 17, s.ip)).bytes();
}

Bytes encode(const Icmp& l, const Surroundings& s) {
  Writer w;
  w.u8(l.type).u8(l.code).u16(0).u32(l.rest).put(s.inner);
  return w.set16(2, internet_checksum(w.bytes())).bytes();
}

Bytes encode(const Icmp6& l, const Surroundings& s) {
  Writer w;
  w.u8(l.type).u8(l.code).u16(0).u32(l.rest).put(s.inner);
  return w.set16(2, transport_checksum(w.bytes(), 58, s.ip)).bytes();
}

Bytes encode(const Gre& l, const Surroundings& s) {
  const bool has_key = l.key.has_value() || l.version == 1;
  Writer w;
  w.u8((l.checksum ? 0x80u : 0u) | (l.routing ? 0x40u : 0u) | (has_key ? 0x20u : 0u) |
       (l.sequence ? 0x10u : 0u));
  w.u8(l.version | (l.acknowledge ? 0x80u : 0u)).u16(l.type.value_or(ether_type(s)));
  if (l.checksum || l.routing) w.u32(0);
  if (l.version == 1) {
    w.u16(narrow(s.size())).u16(l.key.value_or(1));
  } else if (has_key) {
    w.u32(*l.key);
  }
  if (l.sequence) w.u32(*l.sequence);
  if (l.acknowledge) w.u32(*l.acknowledge);
  if (l.routing) w.u16(0x0800).u8(0).u8(4).u32(0).u32(0);  // an entry of 4 bytes, then the end
  w.put(s.inner);
  if (l.checksum) w.set16(4, internet_checksum(w.bytes()));
  return w.bytes();
}

/// draft-foschiano-erspan-03 §4.
Bytes encode(const Erspan& l, const Surroundings& s) {
  Writer w;
  if (l.type == 1) return s.inner;
  w.u16((l.type == 3 ? 0x2000u : 0x1000u) | l.vlan).u16(l.session & 0x3FFu).u32(0);
  if (l.type == 3) w.u16(0).u16(l.platform ? 1 : 0);
  if (l.type == 3 && l.platform) w.zeros(8);
  return w.put(s.inner).bytes();
}

Bytes encode(const Vxlan& l, const Surroundings& s) {
  return Writer().u32(0x08000000).u32(l.vni << 8).put(s.inner).bytes();
}

Bytes encode(const VxlanGpe& l, const Surroundings& s) {
  const std::uint8_t next = s.next_is<Ipv4>() ? 1 : s.next_is<Ipv6>() ? 2 : 3;
  return Writer().u32(0x0C000000u | l.next.value_or(next)).u32(l.vni << 8).put(s.inner).bytes();
}

Bytes encode(const Geneve& l, const Surroundings& s) {
  Writer w;
  w.u8(l.option_words).u8(0).u16(l.type.value_or(ether_type(s))).u32(l.vni << 8);
  return w.zeros(l.option_words * 4u).put(s.inner).bytes();
}

/// 3GPP TS 29.281 §5.
Bytes encode(const GtpU& l, const Surroundings& s) {
  const bool optional = l.sequence || l.extensions > 0;
  Writer w;
  w.u8(0x30u | (l.extensions > 0 ? 4u : 0u) | (l.sequence ? 2u : 0u)).u8(l.message);
  w.u16(narrow(s.size()) + (optional ? 4u : 0u) + l.extensions * 4u).u32(l.teid);
  if (optional) w.u16(0).u8(0).u8(l.extensions > 0 ? 0x85 : 0);
  for (int left = l.extensions; left > 0; --left) w.u8(1).u16(0).u8(left > 1 ? 0x85 : 0);
  return w.put(s.inner).bytes();
}

/// RFC 4380 §5.1.1.
Bytes encode(const Teredo& l, const Surroundings& s) {
  Writer w;
  if (l.authentication) w.u16(1).u8(2).u8(3).zeros(2 + 3 + 8 + 1);
  if (l.origin) w.u16(0).u16(0xFFFF).u32(0xFFFFFFFF);
  return w.put(s.inner).bytes();
}

Bytes encode(const Payload& l, const Surroundings& s) {
  Bytes bytes(l.size);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return Writer().put(bytes).put(s.inner).bytes();
}

Bytes encode(const Raw& l, const Surroundings& s) {
  return Writer().put(l.bytes).put(s.inner).bytes();
}

bool is_ip(const Layer& l) {
  return std::holds_alternative<Ipv4>(l) || std::holds_alternative<Ipv6>(l);
}

Bytes build(std::span<const Layer> layers, const Layer* ip) {
  if (layers.empty()) return {};
  const Layer& layer = layers.front();
  const Bytes inner = build(layers.subspan(1), is_ip(layer) ? &layer : ip);
  const Surroundings s{inner, layers.size() > 1 ? &layers[1] : nullptr, ip};
  return std::visit([&](const auto& l) { return encode(l, s); }, layer);
}

}  // namespace

Bytes Stack::bytes() const { return build(layers_, nullptr); }

LinkType Stack::link() const {
  const Layer& first = layers_.front();
  const auto is = [&]<typename L>(const L&) { return std::holds_alternative<L>(first); };
  if (is(Ethernet{})) return LinkType::Ethernet;
  if (const auto* ppp = std::get_if<Ppp>(&first))
    return ppp->hdlc ? LinkType::PppHdlc : LinkType::Ppp;
  if (is(Pppoe{})) return LinkType::PppEther;
  if (is(Sll{})) return LinkType::LinuxSll;
  if (is(Sll2{})) return LinkType::LinuxSll2;
  if (is(Null{})) return LinkType::Null;
  if (is(Loop{})) return LinkType::Loop;
  if (is(Dot11{})) return LinkType::Ieee80211;
  if (is(Radiotap{})) return LinkType::Radiotap;
  return is_ip(first) ? LinkType::Raw : LinkType::Unknown;
}

Raw quote(const Stack& packet, std::size_t size) {
  Bytes bytes = packet.bytes();
  bytes.resize(std::min(size, bytes.size()));
  return Raw{std::move(bytes)};
}

}  // namespace synfin::test
