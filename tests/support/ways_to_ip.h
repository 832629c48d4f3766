/// \file
/// Every way in which an IP packet may come: links, tags, labels and tunnels, as literals that lack
/// the packet itself. One table for the tests of each, for the properties that hold for all, and
/// for the seeds of the decoder's fuzzer.
#pragma once

#include <iosfwd>
#include <vector>

#include "support/packet_builder.h"
#include "synfin/decode/segment.h"

namespace synfin::test {

struct WayToIp {
  enum class Carries { Both, V4, V6 };

  const char* name;
  Stack outside;
  Encapsulation expected = {};  ///< of the segment that comes out
  Carries carries = Carries::Both;

  bool carries_v4() const { return carries != Carries::V6; }
  bool carries_v6() const { return carries != Carries::V4; }
};

void PrintTo(const WayToIp& way, std::ostream* out);

/// What lies below IP.
std::vector<WayToIp> links_to_ip();
/// What lies between Ethernet and the innermost IP packet; put Ethernet{} in front.
std::vector<WayToIp> tunnels_to_ip();

struct SamplePacket {
  std::string name;  ///< fit for a file name
  LinkType link;
  Bytes bytes;
};

/// A TCP packet on each way, with each version of IP, and an ICMP error on some.
std::vector<SamplePacket> sample_packets();

}  // namespace synfin::test
