/// \file
/// The TCP header (RFC 9293 §3.1). Inline, for it ends the path of nearly every packet.
/// Tested in tests/unit/decode/tcp_test.cc.
#pragma once

#include "synfin/base/tcp_flags.h"
#include "synfin/decode/checksum.h"
#include "synfin/decode/walk.h"

namespace synfin {

inline constexpr std::uint32_t kMinTcpHeader = 20;
inline constexpr std::uint16_t kTcpFlagBits = 0x1FF;

/// `segment` is the IP payload; the IP layer has written addresses, lengths and TTL.
/// Options that the capture cut are not missed: nothing in them is read.
inline Verdict decode_tcp(ByteView segment, Walk& walk) {
  const auto tcp = segment.header<kMinTcpHeader>();
  if (!tcp) [[unlikely]]
    return walk.too_short(segment, kMinTcpHeader);

  const std::uint16_t offset_and_flags = tcp.u16<12>();
  const std::uint32_t header = (offset_and_flags >> 12) * 4u;
  if (header < kMinTcpHeader) [[unlikely]]
    return Verdict::Malformed;
  if (header > segment.wire()) [[unlikely]]
    return walk.too_short(segment, header);
  if (walk.verify_checksums) [[unlikely]] {
    if (!walk.ip_header_intact || !tcp_checksum_fits(segment, walk)) return Verdict::BadChecksum;
  }

  Segment& out = walk.out;
  out.tuple.orig.port = tcp.u16<0>();
  out.tuple.resp.port = tcp.u16<2>();
  out.seq = tcp.u32<4>();
  out.ack = tcp.u32<8>();
  out.payload = segment.wire() - header;
  out.flags = offset_and_flags & kTcpFlagBits;
  out.window = tcp.u16<14>();
  out.kind = SegmentKind::Tcp;
  out.icmp_type = 0;
  out.icmp_code = 0;
  out.icmp_v6 = false;
  return Verdict::Decoded;
}

}  // namespace synfin
