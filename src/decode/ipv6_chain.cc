// See ipv6_chain.h.
#include "decode/ipv6_chain.h"

#include "synfin/base/protocol_numbers.h"

namespace synfin {
namespace {

constexpr std::uint32_t kUnit = 8;  ///< the size of the shortest header

bool is_extension(std::uint8_t number) {
  switch (number) {
    case kProtocolHopByHop:
    case kProtocolRouting:
    case kProtocolFragment:
    case kProtocolAuthentication:
    case kProtocolDestinationOptions:
    case kProtocolMobility:
    case kProtocolHip:
    case kProtocolShim6:
      return true;
    default:
      return false;
  }
}

std::uint32_t size_of(std::uint8_t number, std::uint8_t length) {
  if (number == kProtocolFragment) return kUnit;
  if (number == kProtocolAuthentication) return (length + 2u) * 4;
  return (length + 1u) * kUnit;
}

/// The bytes of an options header (RFC 8200 §4.2) from the first option of type `wanted` on; empty
/// if it has none.
ByteView find_option(ByteView header, std::uint8_t wanted) {
  constexpr std::uint8_t kPad1 = 0;
  ByteView options = header.skip(2);
  for (int i = 0; i < kMaxOptions; ++i) {
    const auto type = options.header<1>();
    if (!type || type.u8<0>() == wanted) return options;
    const auto option = options.header<2>();
    options = options.skip(type.u8<0>() == kPad1 ? 1 : 2u + option.u8<1>());
  }
  return options.resized(0);
}

void read_jumbo(ByteView header, Ipv6Chain& chain) {
  constexpr std::uint8_t kJumboPayload = 0xC2;
  const auto option = find_option(header, kJumboPayload).header<6>();
  if (option && option.u8<1>() == 4) chain.jumbo = option.u32<2>();
}

/// RFC 6275 §6.3: a mobile node's home address, which replaces its current one.
void read_home_address(ByteView header, FiveTuple& tuple) {
  constexpr std::uint8_t kHomeAddress = 0xC9;
  const auto option = find_option(header, kHomeAddress).header<18>();
  if (option && option.u8<1>() == 16) tuple.orig.address = option.v6<2>();
}

/// The final destination in a routing header: RFC 5095 (type 0), RFC 6275 §6.4 (2), RFC 8754 (4).
void read_final_destination(ByteView header, FiveTuple& tuple) {
  const auto routing = header.header<kUnit>();
  const std::uint8_t length = routing.u8<1>(), type = routing.u8<2>(),
                     segments_left = routing.u8<3>();
  if (segments_left == 0 || length < 2 || length % 2 != 0) return;
  constexpr std::uint32_t kAddress = 16;
  const bool last = type == 0 || type == 2;
  if (!last && type != 4) return;
  const ByteView at = last ? header.skip((length + 1u) * kUnit - kAddress) : header.skip(kUnit);
  if (const auto address = at.header<kAddress>()) tuple.resp.address = address.v6<0>();
}

}  // namespace

Ipv6Chain follow_ipv6_chain(std::uint8_t next, ByteView payload, FiveTuple& tuple) {
  Ipv6Chain chain{.rest = payload};
  for (int i = 0; i < kMaxExtensionHeaders; ++i) {
    chain.protocol = next;
    if (!is_extension(next)) return chain;

    const auto header = chain.rest.header<kUnit>();
    const std::uint32_t size = header ? size_of(next, header.u8<1>()) : kUnit;
    if (!header || size > chain.rest.wire()) {
      chain.end = Ipv6Chain::End::Short;
      chain.needed = size;
      return chain;
    }
    const ByteView whole = chain.rest.resized(size);
    if (next == kProtocolHopByHop) read_jumbo(whole, chain);
    if (next == kProtocolDestinationOptions) read_home_address(whole, tuple);
    if (next == kProtocolRouting) read_final_destination(whole, tuple);
    if (next == kProtocolFragment) {
      const std::uint16_t fragment = header.u16<2>();
      if (fragment >> 3 != 0) {
        chain.end = Ipv6Chain::End::LaterFragment;
        return chain;
      }
      chain.more_fragments = (fragment & 1) != 0;
    }
    next = header.u8<0>();
    chain.rest = chain.rest.skip(size);
  }
  chain.end = Ipv6Chain::End::TooMany;
  return chain;
}

}  // namespace synfin
