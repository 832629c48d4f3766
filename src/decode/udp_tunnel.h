/// \file
/// Tunnels in UDP: VXLAN (RFC 7348) and VXLAN-GPE, Geneve (RFC 8926), GTP-U (3GPP TS 29.281),
/// Teredo (RFC 4380).
///
/// A port only suggests a tunnel: if the payload is malformed as a tunnel, the packet is plain UDP.
/// Tested in tests/unit/decode/tunnel_test.cc.
#pragma once

#include "decode/decode_context.h"

namespace synfin {

/// VXLAN and Geneve are recognized by the destination port, GTP-U and Teredo by either port. Teredo
/// between two peers uses any port and is recognized by its addresses and a length that fits
/// exactly. Never returns Malformed.
DecodeResult decode_udp(ByteView datagram, DecodeContext& context);

}  // namespace synfin
