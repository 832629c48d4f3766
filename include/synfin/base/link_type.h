/// \file
/// LinkType: the kind of header that a captured frame begins with, as a savefile's LINKTYPE_ number
/// (https://www.tcpdump.org/linktypes.html). The listed ones can be decoded; packets with another
/// number are counted as unsupported.
#pragma once

#include <cstdint>

namespace synfin {

enum class LinkType : std::uint16_t {
  Null = 0,
  Ethernet = 1,
  Ppp = 9,
  PppHdlc = 50,
  PppEther = 51,
  Raw = 101,
  CiscoHdlc = 104,
  Ieee80211 = 105,
  Loop = 108,
  LinuxSll = 113,
  Radiotap = 127,
  Ipv4 = 228,
  Ipv6 = 229,
  Nflog = 239,
  Pktap = 258,
  LinuxSll2 = 276,
  Unknown = 0xFFFF,
};

}  // namespace synfin
