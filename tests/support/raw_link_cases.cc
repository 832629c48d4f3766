// raw_link_cases() of encapsulations.h.
#include <utility>

#include "support/encapsulations.h"

namespace synfin::test {
namespace {

using Carries = EncapsulationCase::Carries;

/// A link type whose header is `header`, before what `inside` adds.
EncapsulationCase raw_link(const char* name, LinkType link, Bytes header, Stack inside = Raw{},
                           Carries carries = Carries::Both) {
  return {name, Raw{std::move(header)} / inside, {}, carries, link};
}

Bytes with(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

// Ppp{}, LlcSnap{} and Ethernet{} write the type of what follows.
const Stack kLlc = LlcSnap{}, kPpp = Ppp{}, kFrame = Ethernet{};
const Bytes kAddresses{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

std::vector<EncapsulationCase> network_cases() {
  return {
      raw_link("FDDI", LinkType::Fddi, with({0x50}, kAddresses), kLlc),
      raw_link("token ring", LinkType::TokenRing, with({0x10, 0x40}, kAddresses), kLlc),
      raw_link("IP over Fibre Channel", LinkType::IpOverFc, Bytes(16, 1), kLlc),
      raw_link("ATM", LinkType::AtmRfc1483, {}, kLlc),
      raw_link("ATM, IP", LinkType::AtmRfc1483, {}),
      raw_link("ATM, bridged", LinkType::AtmRfc1483, {0xAA, 0xAA, 3, 0, 0x80, 0xC2, 0, 7, 0, 0},
               kFrame),
      raw_link("SunATM", LinkType::SunAtm, Bytes(4, 2), kLlc),
      raw_link("SLIP", LinkType::Slip, Bytes(16, 0)),
      raw_link("SLIP of BSD/OS", LinkType::SlipBsdos, Bytes(24, 0)),
      raw_link("frame relay, IPv4", LinkType::FrameRelay, {0x18, 0x41, 3, 0xCC}, Raw{},
               Carries::V4),
      raw_link("frame relay, IPv6", LinkType::FrameRelay, {0x18, 0x41, 3, 0x8E}, Raw{},
               Carries::V6),
      raw_link("frame relay, Cisco", LinkType::FrameRelay, {0x18, 0x41, 8, 0}, Raw{}, Carries::V4),
      raw_link("frame relay, PPP", LinkType::FrameRelay, {0x18, 0x41, 3, 0xCF}, kPpp),
      raw_link("frame relay, long address", LinkType::FrameRelay, {0x18, 0x40, 2, 1, 3, 0, 0xCC},
               Raw{}, Carries::V4),
      raw_link("frame relay, SNAP", LinkType::FrameRelay,
               {0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 0x86, 0xDD}, Raw{}, Carries::V6),
      raw_link("frame relay, bridged", LinkType::FrameRelay,
               {0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xC2, 0, 7}, kFrame),
      raw_link("frame relay with direction", LinkType::FrameRelayWithDirection,
               {1, 0x18, 0x41, 3, 0xCC}, Raw{}, Carries::V4),
      raw_link("PPP with direction", LinkType::PppWithDirection, {1}, kPpp),
      raw_link("pppd", LinkType::PppPppd, {1, 3}, kPpp),
      raw_link("Cisco HDLC with direction", LinkType::CiscoHdlcWithDirection, {0, 0x0F, 0, 8, 0},
               Raw{}, Carries::V4),
      raw_link("Cisco HDLC in PPP", LinkType::Ppp, {0x0F, 0, 0x86, 0xDD}, Raw{}, Carries::V6),
  };
}

std::vector<EncapsulationCase> device_cases() {
  return {
      raw_link("InfiniBand", LinkType::IpOverInfiniband, with(Bytes(40, 0), {8, 0, 0, 0}), Raw{},
               Carries::V4),
      raw_link("IEEE 1394", LinkType::AppleIeee1394, with(Bytes(16, 1), {8, 0}), Raw{},
               Carries::V4),
      raw_link("enc", LinkType::Enc, Bytes(12, 0)),
      raw_link("pflog", LinkType::Pflog, with({61, 2}, Bytes(62, 0))),
      raw_link("ipnet", LinkType::Ipnet, Bytes(24, 0)),
      raw_link("MPLS as link", LinkType::Mpls, {0, 1, 1, 64}),
      raw_link("PPI", LinkType::Ppi, {0, 0, 8, 0, 1, 0, 0, 0}, kFrame),
      raw_link("PPI, 802.11", LinkType::Ppi, {0, 0, 12, 0, 105, 0, 0, 0, 0, 0, 0, 0},
               Dot11{} / LlcSnap{}),
      raw_link("Prism", LinkType::Prism, with({0, 0, 0, 0x44, 144, 0, 0, 0}, Bytes(136, 0)),
               Dot11{} / LlcSnap{}),
      raw_link("AVS", LinkType::Avs, with({0x80, 0x21, 0x10, 1, 0, 0, 0, 64}, Bytes(56, 0)),
               Dot11{} / LlcSnap{}),
      raw_link("ERF", LinkType::Erf, with(Bytes(8, 1), {2, 4, 0, 90, 0, 0, 0, 74, 0, 0}), kFrame),
      raw_link("ERF with extension", LinkType::Erf,
               with(Bytes(8, 1), {0x82, 4, 0, 90, 0, 0, 0, 74, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
               kFrame),
      raw_link("DOCSIS", LinkType::Docsis, {1, 2, 0, 90, 7, 7, 0, 0}, kFrame),
      raw_link("netANALYZER", LinkType::Netanalyzer, Bytes(4, 1), kFrame),
      raw_link("netANALYZER, transparent", LinkType::NetanalyzerTransparent, Bytes(12, 0x55),
               kFrame),
      raw_link("mPacket", LinkType::EthernetMpacket, Bytes(8, 0x55), kFrame),
      raw_link("Broadcom tag as link", LinkType::BroadcomTag, with(kAddresses, {0, 0, 0, 1, 8, 0}),
               Raw{}, Carries::V4),
      raw_link("prepended Broadcom tag", LinkType::BroadcomPrependedTag, {0, 0, 0, 1}, kFrame),
      raw_link("DSA", LinkType::MarvellDsa, with(kAddresses, {0x40, 0, 0, 0, 8, 0}), Raw{},
               Carries::V4),
      raw_link("EDSA", LinkType::MarvellEdsa,
               with(kAddresses, {0xDA, 0xDA, 0, 0, 0x40, 0, 0, 0, 0x86, 0xDD}), Raw{}, Carries::V6),
      raw_link("Juniper, Ethernet", LinkType::JuniperEthernet, {0x4D, 0x47, 0x43, 1}, kFrame),
      raw_link("Juniper, extended", LinkType::JuniperEthernet, {0x4D, 0x47, 0x43, 0x81, 0, 2, 9, 9},
               kFrame),
      raw_link("Juniper, no link header", LinkType::JuniperEthernet,
               {0x4D, 0x47, 0x43, 3, 2, 0, 0, 0}, Raw{}, Carries::V4),
      raw_link("Juniper, no link header, IPv6", LinkType::JuniperEthernet,
               {0x4D, 0x47, 0x43, 3, 6, 0, 0, 0}, Raw{}, Carries::V6),
      raw_link("Juniper, PPP", LinkType::JuniperPpp, {0x4D, 0x47, 0x43, 0}, kPpp),
      raw_link("Juniper, frame relay", LinkType::JuniperFrameRelay,
               {0x4D, 0x47, 0x43, 0, 0x18, 0x41, 3, 0xCC}, Raw{}, Carries::V4),
      raw_link("Juniper, Cisco HDLC", LinkType::JuniperCiscoHdlc,
               {0x4D, 0x47, 0x43, 0, 0x0F, 0, 8, 0}, Raw{}, Carries::V4),
  };
}

}  // namespace

std::vector<EncapsulationCase> raw_link_cases() {
  std::vector<EncapsulationCase> cases = network_cases();
  for (EncapsulationCase& device : device_cases()) cases.push_back(std::move(device));
  return cases;
}

}  // namespace synfin::test
