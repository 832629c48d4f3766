/// \file
/// The layers below IP: Ethernet with its tags, MPLS, PPP, and the other link types of captures.
///
/// Specs: IEEE 802.3, 802.1Q, 802.1ad, 802.1ah, RFC 3032 and 4448 (MPLS), RFC 2516 (PPPoE), RFC
/// 1661 and 1662 (PPP), https://www.tcpdump.org/linktypes.html. Encrypted payloads such as MACsec
/// count as not TCP. Tested in tests/unit/decode/link_test.cc.
#pragma once

#include "decode/decode_context.h"
#include "synfin/base/link_type.h"
#include "synfin/base/protocol_numbers.h"

namespace synfin {

inline constexpr std::uint32_t kEthernetHeader = 14;

/// Decodes a captured frame.
DecodeResult decode_link(LinkType link, ByteView frame, DecodeContext& context);

/// Decodes what follows an EtherType, or an LLC frame if `type` is a length.
DecodeResult decode_ether_type(std::uint16_t type, ByteView payload, DecodeContext& context);

DecodeResult decode_ethernet(ByteView frame, DecodeContext& context);
/// An Ethernet frame inside another frame or packet.
DecodeResult decode_inner_ethernet(ByteView frame, DecodeContext& context);

/// Decodes a label stack and what follows it. No field names the payload, so it is inferred: IP by
/// its version and length, otherwise Ethernet with or without a control word.
DecodeResult decode_mpls(ByteView labels, DecodeContext& context);

/// Decodes a PPP frame from its address field or its protocol field on. The address field may be
/// absent, and the protocol field may be compressed.
DecodeResult decode_ppp(ByteView frame, DecodeContext& context);

/// Decodes an IEEE 802.11 frame. `padded`: its header is padded to a multiple of four bytes. Of an
/// aggregate (A-MSDU) only the first frame is decoded, because one packet yields one segment.
DecodeResult decode_ieee80211(ByteView frame, bool padded, DecodeContext& context);
/// Decodes an IEEE 802.11 frame after a radiotap header (https://www.radiotap.org).
DecodeResult decode_radiotap(ByteView frame, DecodeContext& context);

/// Decodes a Linux netfilter log message: TLV records, one of which holds the IP packet.
DecodeResult decode_nflog(ByteView frame, DecodeContext& context);

}  // namespace synfin
