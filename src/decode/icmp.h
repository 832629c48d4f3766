/// \file
/// ICMP errors that quote a TCP packet (RFC 792, RFC 4443).
///
/// An error counts when it says that the quoted packet did not arrive: destination unreachable
/// (administratively prohibited included), time exceeded, parameter problem. "Fragmentation needed"
/// and "packet too big" ask for a smaller packet and end nothing; redirects and source quenches
/// (RFC 6633) neither. Those are counted as not TCP. Tested in tests/unit/decode/icmp_test.cc.
#pragma once

#include "decode/walk.h"

namespace synfin {

/// `message` is the payload of an IPv4 packet of protocol 1.
Verdict decode_icmp(ByteView message, Walk& walk);
/// `message` is what follows an IPv6 packet's headers, next header 58.
Verdict decode_icmp6(ByteView message, Walk& walk);

}  // namespace synfin
