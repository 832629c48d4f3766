/// \file
/// GRE (RFC 2784, 2890, and 1701's source routes), PPTP's version of it (RFC 2637), NVGRE (RFC
/// 7637), and ERSPAN (draft-foschiano-erspan-03), which travels in it. Tested in
/// tests/unit/decode/tunnel_test.cc.
#pragma once

#include "decode/decode_context.h"

namespace synfin {

/// Decodes the payload of an IP packet of protocol 47. Keepalives carry no packet: NotTcp.
DecodeResult decode_gre(ByteView packet, DecodeContext& context);

}  // namespace synfin
