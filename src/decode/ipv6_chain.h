/// \file
/// The extension headers between an IPv6 header and its payload (RFC 8200 §4).
///
/// Skips at most kMaxExtensionHeaders headers: options, routing, fragment, authentication (RFC
/// 4302), mobility (RFC 6275), HIP (RFC 7401) and shim6 (RFC 5533). An encrypted payload counts as
/// not TCP. Tested in tests/unit/decode/ipv6_chain_test.cc.
#pragma once

#include <cstdint>

#include "decode/byte_view.h"
#include "synfin/base/five_tuple.h"

namespace synfin {

inline constexpr int kMaxExtensionHeaders = 16;
inline constexpr int kMaxOptions = 64;

struct Ipv6Chain {
  enum class End : std::uint8_t {
    Upper,          ///< `protocol` begins at `rest`
    LaterFragment,  ///< a fragment after the first
    Short,          ///< `rest` ends before a header of `needed` bytes does
    TooMany,
  };

  End end = End::Upper;
  std::uint8_t protocol = 0;
  bool more_fragments = false;
  std::uint32_t needed = 0;
  std::uint32_t jumbo = 0;  ///< jumbo payload length (RFC 2675), 0 = none
  ByteView rest;
};

/// Follows the chain from the header of type `next` at the front of `payload`. If a routing header
/// or a home address option names the real endpoints, they replace those in `tuple`.
Ipv6Chain follow_ipv6_chain(std::uint8_t next, ByteView payload, FiveTuple& tuple);

}  // namespace synfin
