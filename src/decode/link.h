/// \file
/// The layers below IP: Ethernet with its tags, MPLS, PPP, and what other captures begin with.
///
/// Specs: IEEE 802.3, 802.1Q, 802.1ad, 802.1ah, RFC 3032 and 4448 (MPLS), RFC 2516 (PPPoE), RFC
/// 1661 and 1662 (PPP), https://www.tcpdump.org/linktypes.html. MACsec, NSH and all else that hides
/// what it carries is not TCP. Tested in tests/unit/decode/link_test.cc.
#pragma once

#include "decode/walk.h"
#include "synfin/base/link_type.h"

namespace synfin {

inline constexpr std::uint32_t kEthernetHeader = 14;

enum EtherType : std::uint16_t {
  kMaxLength = 1500,  ///< up to here it is the length of an LLC frame
  kEtherIpv4 = 0x0800,
  kEtherTransparentBridging = 0x6558,
  kEtherVlan = 0x8100,
  kEtherWccp = 0x883E,  ///< in GRE only
  kEtherIpv6 = 0x86DD,
  kEtherPpp = 0x880B,
  kEtherMpls = 0x8847,
  kEtherMplsUpstream = 0x8848,
  kEtherPppoe = 0x8864,
  kEtherProviderVlan = 0x88A8,
  kEtherErspan = 0x88BE,
  kEtherProviderBackbone = 0x88E7,
  kEtherFabricPath = 0x8903,
  kEtherVnTag = 0x8926,
  kEtherQinQ = 0x9100,
  kEtherErspan3 = 0x22EB,
};

/// A frame as captured.
Verdict decode_link(LinkType link, ByteView frame, Walk& walk);

/// What follows an Ethernet type, or a length.
Verdict decode_ether_type(std::uint16_t type, ByteView payload, Walk& walk);

Verdict decode_ethernet(ByteView frame, Walk& walk);
/// An Ethernet frame inside of something else.
Verdict decode_inner_ethernet(ByteView frame, Walk& walk);

/// From a label stack entry on. What follows the stack is guessed: IP by its version and length,
/// else Ethernet with or without a control word.
Verdict decode_mpls(ByteView labels, Walk& walk);

/// From the address field or the protocol field on, either left out or compressed where the header
/// allows it.
Verdict decode_ppp(ByteView frame, Walk& walk);

/// IEEE 802.11, from frame control on. `padded`: its header is filled up to a multiple of four
/// bytes. Of an aggregate (A-MSDU) only the first frame is read: one packet gives one segment.
Verdict decode_ieee80211(ByteView frame, bool padded, Walk& walk);
/// The same behind a radiotap header (https://www.radiotap.org).
Verdict decode_radiotap(ByteView frame, Walk& walk);

/// Linux's netfilter log: records of type, length and value, one of which is the IP packet.
Verdict decode_nflog(ByteView frame, Walk& walk);

}  // namespace synfin
