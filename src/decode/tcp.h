/// \file
/// The TCP header (RFC 9293 §3.1).
/// Tested in tests/unit/decode/tcp_test.cc.
#pragma once

#include "decode/decode_context.h"
#include "synfin/base/tcp_flags.h"

namespace synfin {

inline constexpr std::uint32_t kMinTcpHeader = 20;
inline constexpr std::uint16_t kTcpFlagBits = 0x1FF;

/// Decodes the TCP segment in an IP payload. REQUIRES: the IP layer has written addresses, length
/// and TTL. A segment whose options the capture has cut off still counts as decoded.
DecodeResult decode_tcp(ByteView segment, DecodeContext& context);

/// Bytes of TCP header, including options, according to its data offset.
inline std::uint32_t tcp_header_size(Header<kMinTcpHeader> tcp) { return tcp.u8<12>() >> 2 & 60u; }

/// The window scale option of a SYN whose header has `header` bytes (RFC 7323 §2.2), or
/// kNoWindowScale. If the capture has cut the option off, the largest scale.
std::uint8_t find_window_scale(ByteView segment, std::uint32_t header);

/// Adds the other options of a SYN whose header has `header` bytes to `out.mss` and
/// `out.syn_options`.
void store_syn_options(ByteView segment, std::uint32_t header, Segment& out);

/// Writes the fields of the header into a segment that carries `payload` bytes. A call would cost
/// each packet thirty instructions.
[[gnu::always_inline]] inline void store_tcp(Header<kMinTcpHeader> tcp, std::uint32_t payload,
                                             Segment& out) {
  out.tuple.orig.port = tcp.u16<0>();
  out.tuple.resp.port = tcp.u16<2>();
  out.seq = tcp.u32<4>();
  out.ack = tcp.u32<8>();
  out.payload = payload;
  out.flags = tcp.u16<12>() & kTcpFlagBits;
  out.window = tcp.u16<14>();
  out.checksum = tcp.u16<16>();
  out.kind = SegmentKind::Tcp;
  out.window_scale = kNoWindowScale;
  out.icmp_type = 0;
  out.icmp_code = 0;
  out.icmp_v6 = false;
}

}  // namespace synfin
