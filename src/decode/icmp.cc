/// \file
/// ICMP errors → SegmentKind::IcmpError.
/// Flow: type and code → quoted IP header → first bytes of the quoted TCP header.
/// Tested in tests/unit/decode/icmp_test.cc.
#include "decode/icmp.h"

#include "decode/ip.h"
#include "decode/ipv6_chain.h"
#include "decode/tcp.h"

namespace synfin {
namespace {

constexpr std::uint32_t kIcmpHeader = 8;
/// Ports and sequence number: what RFC 792 makes every error quote.
constexpr std::uint32_t kMinQuotedTcp = 8;
/// Up to and with the window.
constexpr std::uint32_t kGoodQuotedTcp = 16;

bool ends_a_packet(std::uint8_t type, std::uint8_t code) {
  constexpr std::uint8_t kUnreachable = 3, kFragmentationNeeded = 4, kTimeExceeded = 11,
                         kParameterProblem = 12;
  if (type == kUnreachable) return code != kFragmentationNeeded;
  return type == kTimeExceeded || type == kParameterProblem;
}

bool ends_a_packet_v6(std::uint8_t type) {
  constexpr std::uint8_t kUnreachable = 1, kTimeExceeded = 3, kParameterProblem = 4;
  return type == kUnreachable || type == kTimeExceeded || type == kParameterProblem;
}

/// A quote that ends early quotes no TCP, unless it was the capture that cut it.
Verdict quote_too_short(ByteView quote, std::uint32_t size) {
  return quote.wire() < size ? Verdict::NotTcp : Verdict::Truncated;
}

/// Turns the segment into an error about the TCP packet whose header begins at `quoted`.
Verdict quote_tcp(ByteView quoted, std::uint8_t type, std::uint8_t code, Walk& walk) {
  const auto tcp = quoted.header<kMinQuotedTcp>();
  if (!tcp) return quote_too_short(quoted, kMinQuotedTcp);
  const auto more = quoted.header<kGoodQuotedTcp>();  // zeros where they were not quoted

  Segment& out = walk.out;
  out.tuple.orig.port = tcp.u16<0>();
  out.tuple.resp.port = tcp.u16<2>();
  out.seq = tcp.u32<4>();
  out.ack = more.u32<8>();
  out.payload = 0;
  out.flags = more.u16<12>() & kTcpFlagBits;
  out.window = more.u16<14>();
  out.kind = SegmentKind::IcmpError;
  out.icmp_type = type;
  out.icmp_code = code;
  return Verdict::Decoded;
}

}  // namespace

Verdict decode_icmp(ByteView message, Walk& walk) {
  const auto icmp = message.header<kIcmpHeader>();
  if (!icmp) return walk.too_short(message, kIcmpHeader);
  if (!ends_a_packet(icmp.u8<0>(), icmp.u8<1>())) return Verdict::NotTcp;

  const ByteView quote = message.skip(kIcmpHeader);
  const auto ip = quote.header<kMinIpv4Header>();
  if (!ip) return quote_too_short(quote, kMinIpv4Header);
  const std::uint32_t header = (ip.u8<0>() & 0xF) * 4u;
  const bool later_fragment = (ip.u16<6>() & 0x1FFF) != 0;
  if (ip.u8<0>() >> 4 != 4 || header < kMinIpv4Header || later_fragment ||
      ip.u8<9>() != kProtocolTcp) {
    return Verdict::NotTcp;
  }
  walk.out.tuple.orig.address = ip.v4<12>();
  walk.out.tuple.resp.address = ip.v4<16>();
  walk.out.icmp_v6 = false;
  return quote_tcp(quote.skip(header), icmp.u8<0>(), icmp.u8<1>(), walk);
}

Verdict decode_icmp6(ByteView message, Walk& walk) {
  const auto icmp = message.header<kIcmpHeader>();
  if (!icmp) return walk.too_short(message, kIcmpHeader);
  if (!ends_a_packet_v6(icmp.u8<0>())) return Verdict::NotTcp;

  const ByteView quote = message.skip(kIcmpHeader);
  const auto ip = quote.header<kIpv6Header>();
  if (!ip) return quote_too_short(quote, kIpv6Header);
  if (ip.u8<0>() >> 4 != 6) return Verdict::NotTcp;
  FiveTuple& tuple = walk.out.tuple;
  tuple.orig.address = ip.v6<8>();
  tuple.resp.address = ip.v6<24>();
  walk.out.icmp_v6 = true;

  const Ipv6Chain chain = follow_ipv6_chain(ip.u8<6>(), quote.skip(kIpv6Header), tuple);
  if (chain.end == Ipv6Chain::End::Short) return quote_too_short(chain.rest, chain.needed);
  if (chain.end != Ipv6Chain::End::Upper || chain.protocol != kProtocolTcp) {
    return Verdict::NotTcp;
  }
  return quote_tcp(chain.rest, icmp.u8<0>(), icmp.u8<1>(), walk);
}

}  // namespace synfin
