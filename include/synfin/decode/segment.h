/// \file
/// Segment: the meaning of one packet that matters to a connection, as plain data.
///
/// Either a TCP header, or an ICMP error together with the TCP header that it quotes.
/// Produced by Decoder, consumed by ConnectionTable.
#pragma once

#include <cstdint>

#include "synfin/base/five_tuple.h"
#include "synfin/base/tcp_flags.h"
#include "synfin/base/time.h"

namespace synfin {

enum class SegmentKind : std::uint8_t {
  Tcp,
  /// An ICMP error. Tuple, seq and flags are the quoted packet's: `tuple.orig` sent what failed.
  IcmpError,
};

/// What the innermost IP packet travelled in. `None` also where only VLAN tags were there.
enum class TunnelKind : std::uint8_t { None, IpIp, Gre, Erspan, Vxlan, Geneve, GtpU, Teredo };

/// What an IP packet was wrapped in on the way. Attributes of a connection, not part of its
/// identity (unless --vlan-key says so).
struct Encapsulation {
  /// VNI, GRE key, TEID or ERSPAN session of the innermost tunnel; 0 where it has none.
  std::uint32_t tunnel_id = 0;
  std::uint16_t vlan = 0;  ///< innermost VLAN id of the outermost Ethernet header, 0 = untagged
  TunnelKind tunnel = TunnelKind::None;

  friend constexpr bool operator==(const Encapsulation&, const Encapsulation&) = default;
};

/// Segment::window_scale of a segment without the option.
inline constexpr std::uint8_t kNoWindowScale = 0xFF;

struct Segment {
  Timestamp time{};
  FiveTuple tuple;  ///< source → destination of this packet (of the quoted one for an ICMP error)
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;      ///< meaningful with kAck only; 0 in an ICMP error that quotes 8 bytes
  std::uint32_t payload = 0;  ///< TCP payload on the wire, in bytes, also where the capture cut it
  std::uint32_t ip_length = 0;  ///< innermost IP packet on the wire, header included, in bytes
  Encapsulation encapsulation;
  std::uint16_t flags = 0;     ///< TcpFlag bits; 0 in an ICMP error that quotes 8 bytes
  std::uint16_t window = 0;    ///< as sent, not scaled
  std::uint16_t ip_id = 0;     ///< IPv4 identification, 0 for IPv6
  std::uint16_t checksum = 0;  ///< of TCP, as in the packet; 0 in an ICMP error
  std::uint16_t interface =
      0;                     ///< Packet::interface; the index that a Linux cooked v2 frame carries
  std::uint16_t source = 0;  ///< Packet::source
  SegmentKind kind = SegmentKind::Tcp;
  std::uint8_t ttl = 0;  ///< TTL or hop limit of this packet (of the ICMP packet for an ICMP error)
  /// Window scale option of a SYN (RFC 7323 §2.2), or kNoWindowScale.
  std::uint8_t window_scale = kNoWindowScale;
  std::uint8_t icmp_type = 0;  ///< ICMP errors: the type and code as on the wire
  std::uint8_t icmp_code = 0;
  bool icmp_v6 = false;
};

}  // namespace synfin
