/// \file
/// Tunnels in UDP: VXLAN (RFC 7348) and VXLAN-GPE, Geneve (RFC 8926), GTP-U (3GPP TS 29.281),
/// Teredo (RFC 4380).
///
/// A port only suggests a tunnel: where what it carries contradicts itself, the packet is UDP and
/// nothing more. Tested in tests/unit/decode/tunnel_test.cc.
#pragma once

#include "decode/walk.h"

namespace synfin {

/// VXLAN and Geneve go by the destination port, GTP-U and Teredo by either. Teredo between two
/// peers uses any port, and is known by its addresses and a length that fits exactly. Never
/// Malformed.
Verdict decode_udp(ByteView datagram, Walk& walk);

}  // namespace synfin
