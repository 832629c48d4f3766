/// \file
/// TCP header → segment.
/// Tested in tests/unit/decode/tcp_test.cc.
#include "decode/tcp.h"

#include <algorithm>

#include "decode/checksum.h"

namespace synfin {

Verdict decode_tcp(ByteView segment, Walk& walk) {
  const auto tcp = segment.header<kMinTcpHeader>();
  if (!tcp) return walk.too_short(segment, kMinTcpHeader);
  const std::uint32_t header = tcp_header_size(tcp);
  const bool fits = header <= segment.wire() || walk.cut;
  if (header < kMinTcpHeader || !fits) return Verdict::Malformed;
  if (walk.verify_checksums && !(walk.ip_header_intact && tcp_checksum_fits(segment, walk))) {
    return Verdict::BadChecksum;
  }
  store_tcp(tcp, segment.wire() - std::min(header, segment.wire()), walk.out);
  return Verdict::Decoded;
}

}  // namespace synfin
