/// \file
/// Segment: what one packet means to a connection, as plain data.
///
/// It holds either a TCP header or an ICMP error with the TCP header that the error quotes.
/// Produced by Decoder, consumed by ConnectionTable.
#pragma once

#include <bit>
#include <cstdint>

#include "synfin/base/five_tuple.h"
#include "synfin/base/tcp_flags.h"
#include "synfin/base/time.h"

namespace synfin {

enum class SegmentKind : std::uint8_t {
  Tcp,
  /// An ICMP error. Tuple, seq and flags are those of the quoted packet, which `tuple.orig` sent.
  /// The fields that only a TCP segment needs hold the sender of the error: see icmp_sender().
  IcmpError,
};

/// The innermost tunnel that carried the IP packet. VLAN tags are not tunnels.
enum class TunnelKind : std::uint8_t {
  None,
  IpIp,
  Gre,
  Erspan,
  Vxlan,
  Geneve,
  GtpU,
  Teredo,
  Pptp,  ///< GRE version 1, whose id differs by direction; its name is "gre"
  Tzsp,
  L2tp,
  Lisp,
  Capwap,
  Gue,
  EtherIp,
};

/// The VLAN and tunnel that carried an IP packet. They are attributes of a connection and part of
/// its key only with --context-key.
struct Encapsulation {
  /// VNI, GRE key, TEID, or ERSPAN or L2TP session of the innermost tunnel; 0 if it has none.
  std::uint32_t tunnel_id = 0;
  // The fields fill the struct, so that it is compared and cleared as one word.
  std::uint32_t vlan : 12 =
      0;  ///< innermost VLAN id of the outermost Ethernet header, 0 = untagged
  std::uint32_t outer_vlan : 12 = 0;  ///< the VLAN id around `vlan` (IEEE 802.1ad), 0 = none
  TunnelKind tunnel : 8 = TunnelKind::None;

  friend constexpr bool operator==(const Encapsulation& a, const Encapsulation& b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }
};

/// The part of an encapsulation that separates networks with overlapping addresses, for
/// --context-key: both VLAN ids, and the id of a VXLAN, Geneve or GRE tunnel. Other ids are left
/// out, because they may differ between the directions of a connection.
constexpr std::uint64_t context_of(const Encapsulation& e) {
  const bool separates = e.tunnel == TunnelKind::Vxlan || e.tunnel == TunnelKind::Geneve ||
                         e.tunnel == TunnelKind::Gre;
  const std::uint64_t tunnel =
      separates ? std::uint64_t{e.tunnel_id} | static_cast<std::uint64_t>(e.tunnel) << 56 : 0;
  return tunnel | std::uint64_t{e.vlan} << 32 | std::uint64_t{e.outer_vlan} << 44;
}

/// Segment::window_scale of a segment without the option.
inline constexpr std::uint8_t kNoWindowScale = 0xFF;
/// The largest shift of a window field (RFC 7323 §2.3), assumed if the option is not known.
inline constexpr std::uint8_t kMaxWindowScale = 14;

/// Segment::syn_options.
enum SynOption : std::uint8_t {
  kSackPermitted = 1,     ///< RFC 2018
  kTimestamps = 2,        ///< RFC 7323 §3
  kSynOptionsCutOff = 4,  ///< the capture ends before the options do
};

struct Segment {
  Timestamp time{};
  FiveTuple tuple;  ///< source → destination of this packet (of the quoted one for an ICMP error)
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;        ///< valid only with kAck
  std::uint32_t payload = 0;    ///< TCP payload on the wire, in bytes, even if the capture cut it
  std::uint32_t ip_length = 0;  ///< innermost IP packet on the wire, header included, in bytes
  Encapsulation encapsulation;
  std::uint16_t flags = 0;      ///< TcpFlag bits; 0 in an ICMP error that quotes 8 bytes
  std::uint16_t window = 0;     ///< as on the wire, not scaled
  std::uint16_t ip_id = 0;      ///< IPv4 identification, 0 for IPv6
  std::uint16_t checksum = 0;   ///< of TCP, as in the packet
  std::uint16_t interface = 0;  ///< Packet::interface, or the index in a Linux cooked v2 header
  std::uint16_t source = 0;     ///< Packet::source
  std::uint16_t mss = 0;        ///< MSS option of a SYN (RFC 9293 §3.7.1); see DecodeOptions
  std::uint8_t ttl = 0;  ///< TTL or hop limit of this packet (of the ICMP packet for an ICMP error)
  SegmentKind kind = SegmentKind::Tcp;
  /// Window scale option of a SYN (RFC 7323 §2.2), or kNoWindowScale.
  std::uint8_t window_scale = kNoWindowScale;
  std::uint8_t syn_options = 0;  ///< SynOption bits of a SYN; see DecodeOptions
  std::uint8_t tos = 0;          ///< DSCP and ECN: IPv4's TOS or IPv6's traffic class
  std::uint8_t icmp_type = 0;    ///< ICMP errors: type and code on the wire
  std::uint8_t icmp_code = 0;
  bool icmp_v6 = false;

  /// The source of an ICMP error, in fields that have no other meaning there, because a larger
  /// Segment would slow down every packet. REQUIRES: kind == SegmentKind::IcmpError.
  Address icmp_sender() const {
    return Address::from_halves(
        std::uint64_t{ack} << 32 | payload,
        std::uint64_t{std::uint32_t{window} << 16 | checksum} << 32 | ip_length);
  }
  void set_icmp_sender(const Address& sender) {
    ack = static_cast<std::uint32_t>(sender.high() >> 32);
    payload = static_cast<std::uint32_t>(sender.high());
    window = static_cast<std::uint16_t>(sender.low() >> 48);
    checksum = static_cast<std::uint16_t>(sender.low() >> 32);
    ip_length = static_cast<std::uint32_t>(sender.low());
  }
};

}  // namespace synfin
