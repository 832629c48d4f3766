/// \file
/// DecodeContext: what the decoders of one packet share. DecodeResult: how decoding a packet ended.
///
/// Each decoder has the form `DecodeResult decode_x(ByteView, DecodeContext&)`: it reads its own
/// header and calls the decoder of the next one with the remaining bytes. Each writes its findings
/// into DecodeContext::segment, where an inner header overwrites an outer one.
#pragma once

#include <cstdint>

#include "decode/byte_view.h"
#include "synfin/decode/segment.h"

namespace synfin {

/// One value for each member of DecodeCounters.
enum class DecodeResult : std::uint8_t {
  Decoded,
  NotTcp,
  Fragment,
  Truncated,
  Malformed,
  UnsupportedLink,
  BadChecksum,
};

/// IP headers in one packet; a packet with more of them is not TCP.
inline constexpr int kMaxIpHeaders = 8;
/// Headers below IP (Ethernet, tags, labels, PPP…) in one packet, including those in tunnels.
inline constexpr int kMaxLinkHeaders = 24;

struct DecodeContext {
  Segment& segment;
  bool verify_checksums = false;
  bool syn_options = false;  ///< DecodeOptions::syn_options
  /// A fragment or a mirror port left out the end of the packet, so lengths in headers may exceed
  /// the wire length that the capture or an outer header states.
  bool cut_short = false;
  /// With verify_checksums: whether the checksum of the innermost IP header is right.
  bool ip_header_intact = true;
  int ip_headers = 0;
  int link_headers = 0;

  /// Counts an IP header; false if there were too many.
  bool enter_ip() { return ++ip_headers <= kMaxIpHeaders; }
  /// Counts a header below IP; false if there were too many.
  bool enter_link() { return ++link_headers <= kMaxLinkHeaders; }

  void set_tunnel(TunnelKind kind, std::uint32_t id) {
    segment.encapsulation.tunnel = kind;
    segment.encapsulation.tunnel_id = id;
  }

  /// Handles an IP packet whose length exceeds the bytes on the wire, because a mirror port may
  /// have cut it. Returns false if it is malformed: it is inside another packet that is not a
  /// mirrored copy.
  bool accept_excess_length() {
    const TunnelKind tunnel = segment.encapsulation.tunnel;
    const bool mirrored = ip_headers == 0 || tunnel == TunnelKind::Erspan ||
                          tunnel == TunnelKind::Tzsp || tunnel == TunnelKind::Vxlan;
    cut_short = cut_short || mirrored;
    return cut_short;
  }

  /// The result for `bytes` that end before a header of `size` bytes does: Truncated if the capture
  /// cut them, Malformed if they were that short on the wire.
  DecodeResult too_short(ByteView bytes, std::uint32_t size) const {
    return bytes.wire() < size && !cut_short ? DecodeResult::Malformed : DecodeResult::Truncated;
  }
};

}  // namespace synfin
