/// \file
/// Walk: one packet's way from the outside to its segment, and Verdict: where the way ended.
///
/// Every step has the form `Verdict decode_x(ByteView, Walk&)`: it reads its header, and calls the
/// next step with the rest. What it learns it writes straight into Walk::out, an inner layer over
/// an outer one.
#pragma once

#include <cstdint>

#include "decode/byte_view.h"
#include "synfin/decode/segment.h"

namespace synfin {

/// One for each of DecodeCounters.
enum class Verdict : std::uint8_t {
  Decoded,
  NotTcp,
  Fragment,
  Truncated,
  Malformed,
  UnsupportedLink,
  BadChecksum,
};

/// IP headers in one packet; what is nested deeper is not looked at.
inline constexpr int kMaxIpHeaders = 8;
/// Headers below IP (Ethernet, tags, labels, PPP…) in one packet, tunnels included.
inline constexpr int kMaxLinkHeaders = 24;

struct Walk {
  Segment& out;
  bool verify_checksums = false;
  /// Cut off by a mirror session or a fragment: inner lengths may pass the end of what the outer
  /// packet holds.
  bool cut = false;
  /// With verify_checksums: whether the innermost IP header's checksum fits.
  bool ip_header_intact = true;
  int ip_headers = 0;
  int link_headers = 0;

  /// Counts an IP header. False where there were too many.
  bool enter_ip() { return ++ip_headers <= kMaxIpHeaders; }
  bool enter_link() { return ++link_headers <= kMaxLinkHeaders; }

  void enter_tunnel(TunnelKind kind, std::uint32_t id) {
    out.encapsulation.tunnel = kind;
    out.encapsulation.tunnel_id = id;
  }

  /// The verdict on bytes that end before a header of `size` bytes does: their fault or the
  /// capture's.
  Verdict too_short(ByteView bytes, std::uint32_t size) const {
    return bytes.wire() < size && !cut ? Verdict::Malformed : Verdict::Truncated;
  }
};

}  // namespace synfin
