/// \file
/// Tunnels in UDP: VXLAN (RFC 7348) and VXLAN-GPE, Geneve (RFC 8926), GTP-U (3GPP TS 29.281),
/// Teredo (RFC 4380), TZSP, L2TPv2 (RFC 2661), MPLS (RFC 7510), GRE (RFC 8086), GUE, LISP (RFC
/// 9300) and CAPWAP (RFC 5415).
///
/// A port only suggests a tunnel: if the payload is malformed as a tunnel, the packet is plain UDP.
/// Tested in tests/unit/decode/tunnel_test.cc.
#pragma once

#include "decode/decode_context.h"

namespace synfin {

/// GTP-U, Teredo, L2TP and CAPWAP are recognized by either port, the others by the destination
/// port. Teredo between two peers uses any port and is recognized by its addresses and a length
/// that fits exactly. Never returns Malformed.
DecodeResult decode_udp(ByteView datagram, DecodeContext& context);

}  // namespace synfin
