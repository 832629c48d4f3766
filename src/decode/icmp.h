/// \file
/// ICMP errors that quote a TCP packet (RFC 792, RFC 4443).
///
/// Only errors that report the loss of the quoted packet yield a segment: destination unreachable
/// (including administratively prohibited), time exceeded and parameter problem. All other messages
/// count as not TCP, among them "fragmentation needed", "packet too big", redirects and source
/// quenches (RFC 6633), because they end no connection. Tested in tests/unit/decode/icmp_test.cc.
#pragma once

#include "decode/decode_context.h"

namespace synfin {

/// Decodes the payload of an IPv4 packet of protocol 1.
DecodeResult decode_icmp(ByteView message, DecodeContext& context);
/// Decodes what follows an IPv6 packet's headers if the next header is 58.
DecodeResult decode_icmp6(ByteView message, DecodeContext& context);

}  // namespace synfin
