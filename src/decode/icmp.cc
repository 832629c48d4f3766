// See icmp.h. Flow: type and code → quoted IP header → first bytes of the quoted TCP header.
#include "decode/icmp.h"

#include "decode/ip.h"
#include "decode/ipv6_chain.h"
#include "decode/tcp.h"

namespace synfin {
namespace {

constexpr std::uint32_t kIcmpHeader = 8;
/// Ports and sequence number: every error quotes at least these (RFC 792).
constexpr std::uint32_t kMinQuotedTcp = 8;
/// The TCP header up to and including the flags.
constexpr std::uint32_t kFullQuotedTcp = 14;

bool reports_loss(std::uint8_t type, std::uint8_t code) {
  constexpr std::uint8_t kUnreachable = 3, kFragmentationNeeded = 4, kTimeExceeded = 11,
                         kParameterProblem = 12;
  if (type == kUnreachable) return code != kFragmentationNeeded;
  return type == kTimeExceeded || type == kParameterProblem;
}

bool reports_loss_v6(std::uint8_t type) {
  constexpr std::uint8_t kUnreachable = 1, kTimeExceeded = 3, kParameterProblem = 4;
  return type == kUnreachable || type == kTimeExceeded || type == kParameterProblem;
}

/// NotTcp if the quote itself is too short, Truncated if the capture cut it.
DecodeResult quote_too_short(ByteView quote, std::uint32_t size) {
  return quote.wire() < size ? DecodeResult::NotTcp : DecodeResult::Truncated;
}

/// Type and code of an ICMP error and the source of its packet.
struct ErrorHead {
  std::uint8_t type;
  std::uint8_t code;
  Address sender;
};

/// Makes the segment an ICMP error about the TCP packet whose header begins at `quoted`.
DecodeResult quote_tcp(ByteView quoted, const ErrorHead& error, DecodeContext& context) {
  const auto tcp = quoted.header<kMinQuotedTcp>();
  if (!tcp) return quote_too_short(quoted, kMinQuotedTcp);
  const auto more = quoted.header<kFullQuotedTcp>();  // absent fields read as zeros

  Segment& out = context.segment;
  out.tuple.orig.port = tcp.u16<0>();
  out.tuple.resp.port = tcp.u16<2>();
  out.seq = tcp.u32<4>();
  out.flags = more.u16<12>() & kTcpFlagBits;
  out.kind = SegmentKind::IcmpError;
  out.icmp_type = error.type;
  out.icmp_code = error.code;
  out.set_icmp_sender(error.sender);
  return DecodeResult::Decoded;
}

}  // namespace

DecodeResult decode_icmp(ByteView message, DecodeContext& context) {
  const auto icmp = message.header<kIcmpHeader>();
  if (!icmp) return context.too_short(message, kIcmpHeader);
  if (!reports_loss(icmp.u8<0>(), icmp.u8<1>())) return DecodeResult::NotTcp;

  const ByteView quote = message.skip(kIcmpHeader);
  const auto ip = quote.header<kMinIpv4Header>();
  if (!ip) return quote_too_short(quote, kMinIpv4Header);
  const std::uint32_t header = (ip.u8<0>() & 0xF) * 4u;
  const bool later_fragment = (ip.u16<6>() & 0x1FFF) != 0;
  if (ip.u8<0>() >> 4 != 4 || header < kMinIpv4Header || later_fragment ||
      ip.u8<9>() != kProtocolTcp) {
    return DecodeResult::NotTcp;
  }
  const ErrorHead error{icmp.u8<0>(), icmp.u8<1>(), context.segment.tuple.orig.address};
  context.segment.tuple.orig.address = ip.v4<12>();
  context.segment.tuple.resp.address = ip.v4<16>();
  context.segment.icmp_v6 = false;
  return quote_tcp(quote.skip(header), error, context);
}

DecodeResult decode_icmp6(ByteView message, DecodeContext& context) {
  const auto icmp = message.header<kIcmpHeader>();
  if (!icmp) return context.too_short(message, kIcmpHeader);
  if (!reports_loss_v6(icmp.u8<0>())) return DecodeResult::NotTcp;

  const ByteView quote = message.skip(kIcmpHeader);
  const auto ip = quote.header<kIpv6Header>();
  if (!ip) return quote_too_short(quote, kIpv6Header);
  if (ip.u8<0>() >> 4 != 6) return DecodeResult::NotTcp;
  FiveTuple& tuple = context.segment.tuple;
  const ErrorHead error{icmp.u8<0>(), icmp.u8<1>(), tuple.orig.address};
  tuple.orig.address = ip.v6<8>();
  tuple.resp.address = ip.v6<24>();
  context.segment.icmp_v6 = true;

  const Ipv6Chain chain = follow_ipv6_chain(ip.u8<6>(), quote.skip(kIpv6Header), tuple);
  if (chain.end == Ipv6Chain::End::Short) return quote_too_short(chain.rest, chain.needed);
  if (chain.end != Ipv6Chain::End::Upper || chain.protocol != kProtocolTcp) {
    return DecodeResult::NotTcp;
  }
  return quote_tcp(chain.rest, error, context);
}

}  // namespace synfin
