/// \file
/// The layers below IP: Ethernet with its tags, MPLS, PPP, and the other link types of captures.
///
/// Specs: IEEE 802.3, 802.1Q, 802.1ad, 802.1ah, 802.1BR, RFC 3032 and 4448 (MPLS), RFC 2516
/// (PPPoE), RFC 1661 and 1662 (PPP), RFC 2427 (frame relay), RFC 8300 (NSH), IEC 62439-3 (HSR),
/// https://www.tcpdump.org/linktypes.html. Encrypted payloads count as not TCP. Tested in
/// tests/unit/decode/link_test.cc.
#pragma once

#include "decode/decode_context.h"
#include "synfin/base/link_type.h"
#include "synfin/base/protocol_numbers.h"

namespace synfin {

inline constexpr std::uint32_t kEthernetHeader = 14;

/// Decodes a captured frame.
DecodeResult decode_link(LinkType link, ByteView frame, DecodeContext& context);

// ---- ethernet.cc ----

/// Decodes what follows an EtherType, or an LLC frame if `type` is a length.
DecodeResult decode_ether_type(std::uint16_t type, ByteView payload, DecodeContext& context);
/// Decodes an IEEE 802.2 LLC header and what follows it.
DecodeResult decode_llc(ByteView frame, DecodeContext& context);

DecodeResult decode_ethernet(ByteView frame, DecodeContext& context);
/// An Ethernet frame inside another frame or packet.
DecodeResult decode_inner_ethernet(ByteView frame, DecodeContext& context);
/// An Ethernet frame with a switch's tag of `size` bytes after the addresses, before the EtherType.
DecodeResult decode_tagged_ethernet(ByteView frame, std::uint32_t size, DecodeContext& context);

/// Records the VLAN of a tag control field, if it belongs to the outermost Ethernet header.
void record_vlan(std::uint16_t tag, DecodeContext& context);

// ---- serial.cc ----

/// Decodes a PPP frame from its address field or its protocol field on. The address field may be
/// absent, and the protocol field may be compressed.
DecodeResult decode_ppp(ByteView frame, DecodeContext& context);
/// Decodes PPP in HDLC-like framing or Cisco HDLC, which the address field distinguishes (RFC 1547
/// §4.3.1).
DecodeResult decode_ppp_serial(ByteView frame, DecodeContext& context);
DecodeResult decode_pppoe(ByteView frame, DecodeContext& context);
DecodeResult decode_cisco_hdlc(ByteView frame, DecodeContext& context);
/// Decodes a frame relay frame, from its Q.922 address on.
DecodeResult decode_frame_relay(ByteView frame, DecodeContext& context);

// ---- cooked.cc ----

DecodeResult decode_sll(ByteView frame, DecodeContext& context);
DecodeResult decode_sll2(ByteView frame, DecodeContext& context);
/// Decodes Apple's PKTAP header and the link header that follows.
DecodeResult decode_pktap(ByteView frame, DecodeContext& context);
/// Decodes a per-packet information header (CACE Technologies) and the link header that follows.
DecodeResult decode_ppi(ByteView frame, DecodeContext& context);
/// Decodes Juniper's header and the frame of type `link` that follows.
DecodeResult decode_juniper(LinkType link, ByteView frame, DecodeContext& context);
/// Decodes an Endace ERF record.
DecodeResult decode_erf(ByteView frame, DecodeContext& context);

// ---- mpls.cc, nsh.cc ----

/// Decodes a label stack and what follows it. No field names the payload, so it is inferred: IP by
/// its version and length, otherwise Ethernet with or without a control word.
DecodeResult decode_mpls(ByteView labels, DecodeContext& context);

/// Decodes a network service header (RFC 8300).
DecodeResult decode_nsh(ByteView frame, DecodeContext& context);
/// Decodes a payload of type `next` (RFC 8300 §2.2). VXLAN-GPE uses the same numbers.
DecodeResult decode_nsh_next(std::uint8_t next, ByteView payload, DecodeContext& context);

// ---- wireless.cc, nflog.cc ----

/// Decodes an IEEE 802.11 frame. `padded`: its header is padded to a multiple of four bytes. Of an
/// aggregate (A-MSDU) only the first frame is decoded, because one packet yields one segment.
DecodeResult decode_ieee80211(ByteView frame, bool padded, DecodeContext& context);
/// Decodes an IEEE 802.11 frame after a radiotap header (https://www.radiotap.org).
DecodeResult decode_radiotap(ByteView frame, DecodeContext& context);
/// Decodes an IEEE 802.11 frame after a Prism or an AVS header.
DecodeResult decode_prism(ByteView frame, DecodeContext& context);

/// Decodes a Linux netfilter log message: TLV records, one of which holds the IP packet.
DecodeResult decode_nflog(ByteView frame, DecodeContext& context);

}  // namespace synfin
