/// \file
/// Packet literals: `Ethernet{} / Ipv4{.dst = "198.51.100.7"} / Tcp{.syn = true} / Payload{100}`.
///
/// Each layer states the fields that differ from its defaults (RFC 5737 and RFC 3849 addresses);
/// type fields, lengths and checksums (IPv4, TCP, UDP, ICMP) follow from the layers around it. A
/// field that is set explicitly is written as it is, so that a test can build broken packets, too.
/// Flow: layers → Stack → bytes() → Packet for a decoder, or write_pcap() for a program. Tested in
/// tests/unit/decode/packet_builder_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "synfin/base/packet.h"

namespace synfin::test {

using Bytes = std::vector<std::uint8_t>;

// ---- Links ----

struct Ethernet {
  std::optional<std::uint16_t> type = std::nullopt;
  std::uint8_t src = 1;  ///< last byte of 02:00:00:00:00:xx
  std::uint8_t dst = 2;
  bool pad = false;  ///< zeros up to the 60 bytes of the smallest frame
};
/// After Ethernet the frame carries a length (IEEE 802.3); elsewhere just LLC and SNAP.
struct LlcSnap {
  std::optional<std::uint16_t> type = std::nullopt;
};
struct Vlan {
  std::uint16_t id = 0;
  std::uint16_t tpid = 0x8100;
  std::optional<std::uint16_t> type = std::nullopt;
};
struct Mpls {
  std::uint32_t label = 16;
  std::uint8_t ttl = 64;
};
/// RFC 4385, before an Ethernet frame in a pseudowire.
struct ControlWord {
  std::uint16_t sequence = 0;
};
struct Pppoe {
  std::uint16_t session = 1;
};
struct Ppp {
  bool hdlc = false;        ///< address and control (FF 03) in front
  bool compressed = false;  ///< one-byte protocol field
  std::optional<std::uint16_t> protocol = std::nullopt;
};
struct Sll {
  std::optional<std::uint16_t> type = std::nullopt;
  std::uint16_t hardware = 1;  ///< ARPHRD_ETHER
};
struct Sll2 {
  std::optional<std::uint16_t> type = std::nullopt;
  std::uint16_t hardware = 1;
  std::uint32_t interface = 2;
};
/// DLT_NULL; the family in the byte order of the machine that captured.
struct Null {
  std::optional<std::uint32_t> family = std::nullopt;
  bool big_endian = false;
};
/// DLT_LOOP: always big-endian.
struct Loop {
  std::optional<std::uint32_t> family = std::nullopt;
};
struct Dot11 {
  std::uint8_t type = 2;  ///< data
  std::uint8_t subtype = 0;
  bool to_ds = true;
  bool from_ds = false;
  bool is_protected = false;
  bool order = false;  ///< with QoS: an HT control field follows
  std::uint16_t qos = 0;
  std::uint16_t fragment = 0;
};
struct Radiotap {
  std::uint16_t length = 8;
  std::uint32_t present = 0;
  Bytes fields = {};  ///< zeros up to `length`
};

// ---- Network ----

struct Ipv4 {
  std::string_view src = "192.0.2.1";
  std::string_view dst = "198.51.100.7";
  std::uint8_t ttl = 64;
  std::uint16_t id = 0;
  Bytes options = {};                 ///< a multiple of four bytes
  std::uint16_t fragment_offset = 0;  ///< in bytes, a multiple of eight
  bool more_fragments = false;
  std::optional<std::uint8_t> protocol = std::nullopt;
  std::optional<std::uint16_t> total_length = std::nullopt;
  std::optional<std::uint16_t> checksum = std::nullopt;
  std::optional<std::uint8_t> version_ihl = std::nullopt;
};
struct Ipv6 {
  std::string_view src = "2001:db8::1";
  std::string_view dst = "2001:db8::7";
  std::uint8_t hop_limit = 64;
  std::optional<std::uint8_t> next_header = std::nullopt;
  std::optional<std::uint16_t> payload_length = std::nullopt;
  std::uint8_t version = 6;
};
struct HopByHop {
  std::optional<std::uint32_t> jumbo = std::nullopt;  ///< a jumbo payload option (RFC 2675)
  std::uint8_t extra = 0;                             ///< further 8-byte units of padding
};
struct Routing {
  std::uint8_t extra = 0;
};
struct DestinationOptions {
  std::uint8_t extra = 0;
};
struct Fragment {
  std::uint16_t offset = 0;  ///< in bytes, a multiple of eight
  bool more = false;
  std::uint32_t id = 1;
};
struct Ah {
  std::uint8_t icv = 12;  ///< length of the integrity check value, a multiple of four
};
/// RFC 6275, or any other extension header of the common format.
struct Extension {
  std::uint8_t number = 135;
  std::uint8_t extra = 0;
};

// ---- Transport and tunnels ----

struct Tcp {
  std::uint16_t sport = 40000;
  std::uint16_t dport = 80;
  std::uint32_t seq = 0;
  std::uint32_t ack_seq = 0;
  bool syn = false;
  bool fin = false;
  bool rst = false;
  bool psh = false;
  bool ack = false;
  bool urg = false;
  bool ece = false;
  bool cwr = false;
  bool ae = false;
  std::uint16_t window = 65535;
  Bytes options = {};                                      ///< a multiple of four bytes
  std::optional<std::uint8_t> data_offset = std::nullopt;  ///< in words
  std::optional<std::uint16_t> checksum = std::nullopt;
};
struct Udp {
  std::uint16_t sport = 50000;
  std::optional<std::uint16_t> dport =
      std::nullopt;  ///< default: by the next layer, else 9 (discard)
  std::optional<std::uint16_t> length = std::nullopt;
};
struct Icmp {
  std::uint8_t type = 3;
  std::uint8_t code = 1;
  std::uint32_t rest = 0;  ///< the four bytes before the quoted packet
};
struct Icmp6 {
  std::uint8_t type = 1;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;
};
struct Gre {
  std::optional<std::uint16_t> type = std::nullopt;
  bool checksum = false;
  bool routing = false;  ///< one empty source route entry (RFC 1701)
  std::optional<std::uint32_t> key = std::nullopt;
  std::optional<std::uint32_t> sequence = std::nullopt;
  std::uint8_t version = 0;  ///< 1: PPTP, key = payload length and call id
  std::optional<std::uint32_t> acknowledge = std::nullopt;  ///< version 1 only
};
/// Type 1 has no header; 2 and 3 are chosen by `version`.
struct Erspan {
  std::uint8_t type = 2;
  std::uint16_t session = 1;
  std::uint16_t vlan = 0;
  bool platform = false;  ///< type 3: the optional 8-byte platform header
};
struct Vxlan {
  std::uint32_t vni = 1;
};
struct VxlanGpe {
  std::uint32_t vni = 1;
  std::optional<std::uint8_t> next = std::nullopt;
};
struct Geneve {
  std::uint32_t vni = 1;
  std::uint8_t option_words = 0;
  std::optional<std::uint16_t> type = std::nullopt;
};
struct GtpU {
  std::uint32_t teid = 1;
  std::uint8_t message = 255;  ///< G-PDU
  bool sequence = false;
  std::uint8_t extensions = 0;  ///< how many 4-byte extension headers follow
};
struct Teredo {
  bool authentication = false;
  bool origin = false;
};

// ---- Payload ----

/// `size` bytes that count upward.
struct Payload {
  std::size_t size = 0;
};
struct Raw {
  Bytes bytes = {};
};

using Layer = std::variant<Ethernet, LlcSnap, Vlan, Mpls, ControlWord, Pppoe, Ppp, Sll, Sll2, Null,
                           Loop, Dot11, Radiotap, Ipv4, Ipv6, HopByHop, Routing, DestinationOptions,
                           Fragment, Ah, Extension, Tcp, Udp, Icmp, Icmp6, Gre, Erspan, Vxlan,
                           VxlanGpe, Geneve, GtpU, Teredo, Payload, Raw>;

/// Layers from the outermost inwards.
class Stack {
 public:
  template <typename L>
  requires std::constructible_from<Layer, L> Stack(L layer) : layers_{Layer{std::move(layer)}} {}

  /// The whole packet. Aborts the test if an address is invalid.
  Bytes bytes() const;
  operator Bytes() const { return bytes(); }

  /// The link type of a capture of such packets; Raw if the first layer is IP.
  LinkType link() const;

  friend Stack operator/(Stack outer, Stack inner) {
    outer.layers_.insert(outer.layers_.end(), inner.layers_.begin(), inner.layers_.end());
    return outer;
  }

 private:
  std::vector<Layer> layers_;
};

/// Joins two layers: `Ipv4{} / Tcp{}`.
template <typename A, typename B>
requires std::constructible_from<Layer, A> && std::constructible_from<Layer, B> Stack
operator/(A outer, B inner) {
  return Stack(std::move(outer)) / Stack(std::move(inner));
}

/// The first `size` bytes of a packet, as an ICMP error quotes it: `Icmp{} / quote(Ipv4{} /
/// Tcp{.syn = true}, 28)`.
Raw quote(const Stack& packet, std::size_t size = SIZE_MAX);

/// A packet with its time, to be written or decoded.
struct TimedPacket {
  Timestamp time{};
  Bytes bytes = {};
  std::uint32_t wirelen = 0;  ///< 0 = as many as there are bytes
};

/// Lends `bytes` to a Packet that was captured whole, or cut to `caplen`.
Packet as_packet(const Bytes& bytes, LinkType link, Timestamp time = {},
                 std::uint32_t caplen = UINT32_MAX);

enum class PcapResolution : std::uint8_t { Micro, Nano };

/// A little-endian savefile (pcap-savefile(5)).
Bytes pcap_bytes(std::span<const TimedPacket> packets, LinkType link,
                 PcapResolution resolution = PcapResolution::Micro);

/// Writes a savefile to `path`. Throws std::runtime_error if that fails.
void write_pcap(const std::string& path, std::span<const TimedPacket> packets, LinkType link,
                PcapResolution resolution = PcapResolution::Micro);

}  // namespace synfin::test
