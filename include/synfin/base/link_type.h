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
  TokenRing = 6,
  Slip = 8,
  Ppp = 9,
  Fddi = 10,
  PppHdlc = 50,
  PppEther = 51,
  AtmRfc1483 = 100,
  Raw = 101,
  SlipBsdos = 102,
  CiscoHdlc = 104,
  Ieee80211 = 105,
  FrameRelay = 107,
  Loop = 108,
  Enc = 109,
  LinuxSll = 113,
  Pflog = 117,
  Prism = 119,
  IpOverFc = 122,
  SunAtm = 123,
  Radiotap = 127,
  AppleIeee1394 = 138,
  Docsis = 143,
  Avs = 163,
  PppPppd = 166,
  JuniperPppoe = 167,
  JuniperEthernet = 178,
  JuniperPpp = 179,
  JuniperFrameRelay = 180,
  JuniperCiscoHdlc = 181,
  Ppi = 192,
  Erf = 197,
  PppWithDirection = 204,
  CiscoHdlcWithDirection = 205,
  FrameRelayWithDirection = 206,
  Mpls = 219,
  Ipnet = 226,
  Ipv4 = 228,
  Ipv6 = 229,
  Nflog = 239,
  Netanalyzer = 240,
  NetanalyzerTransparent = 241,
  IpOverInfiniband = 242,
  Pktap = 258,
  EthernetMpacket = 274,
  LinuxSll2 = 276,
  BroadcomTag = 281,
  BroadcomPrependedTag = 282,
  MarvellDsa = 284,
  MarvellEdsa = 285,
  Unknown = 0xFFFF,
};

}  // namespace synfin
