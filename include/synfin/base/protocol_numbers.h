/// \file
/// Numbers by which one protocol header names the next: EtherTypes, IP protocols, UDP ports of
/// tunnels.
///
/// Specs: the IANA registries "IEEE 802 Numbers", "Protocol Numbers" and "Service Name and
/// Transport Protocol Port Number".
#pragma once

#include <cstdint>

namespace synfin {

enum EtherType : std::uint16_t {
  kMaxFrameLength = 1500,  ///< values up to this one are the length of an LLC frame
  kEtherIpv4 = 0x0800,
  kEtherErspan3 = 0x22EB,
  kEtherTrill = 0x22F3,
  kEtherTransparentBridging = 0x6558,
  kEtherRawFrameRelay = 0x6559,
  kEtherVlan = 0x8100,
  kEtherWccp = 0x883E,
  kEtherIpv6 = 0x86DD,
  kEtherPpp = 0x880B,
  kEtherMpls = 0x8847,
  kEtherMplsUpstream = 0x8848,
  kEtherPppoe = 0x8864,
  kEtherBroadcomTag = 0x8874,
  kEtherRealtekTag = 0x8899,
  kEtherProviderVlan = 0x88A8,
  kEtherErspan = 0x88BE,
  kEtherMacsec = 0x88E5,
  kEtherProviderBackbone = 0x88E7,
  kEtherFabricPath = 0x8903,
  kEtherCiscoMetadata = 0x8909,
  kEtherVnTag = 0x8926,
  kEtherHsr = 0x892F,
  kEtherETag = 0x893F,
  kEtherNsh = 0x894F,
  kEtherCiscoTTag = 0x8988,
  kEtherQinQ = 0x9100,
  kEtherQinQ2 = 0x9200,
  kEtherMarvellTag = 0xDADA,
};

/// IPv4 protocol and IPv6 next header numbers.
enum IpProtocol : std::uint8_t {
  kProtocolHopByHop = 0,
  kProtocolIcmp = 1,
  kProtocolIpv4 = 4,
  kProtocolTcp = 6,
  kProtocolUdp = 17,
  kProtocolIpv6 = 41,
  kProtocolRouting = 43,
  kProtocolFragment = 44,
  kProtocolGre = 47,
  kProtocolAuthentication = 51,
  kProtocolIcmp6 = 58,
  kProtocolDestinationOptions = 60,
  kProtocolEtherIp = 97,
  kProtocolMobility = 135,
  kProtocolMpls = 137,
  kProtocolHip = 139,
  kProtocolShim6 = 140,
  kProtocolEthernet = 143,
};

enum TunnelPort : std::uint16_t {
  kPortL2tp = 1701,
  kPortGtpU = 2152,
  kPortTeredo = 3544,
  kPortLisp = 4341,
  kPortGre = 4754,
  kPortVxlan = 4789,
  kPortVxlanGpe = 4790,
  kPortCapwap = 5247,
  kPortGue = 6080,
  kPortGeneve = 6081,
  kPortMpls = 6635,
  kPortVxlanLinux = 8472,
  kPortTzsp = 37008,
};

}  // namespace synfin
