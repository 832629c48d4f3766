/// \file
/// All supported encapsulations of an IP packet: links, tags, labels and tunnels, as literals
/// without the packet itself. The unit tests, the property tests and the seeds of the decoder's
/// fuzzer share this table.
#pragma once

#include <iosfwd>
#include <optional>
#include <vector>

#include "support/packet_builder.h"
#include "synfin/decode/segment.h"

namespace synfin::test {

struct EncapsulationCase {
  enum class Carries { Both, V4, V6 };

  const char* name;
  Stack outside;
  Encapsulation expected = {};  ///< of the decoded segment
  Carries carries = Carries::Both;
  std::optional<LinkType> link = std::nullopt;  ///< if `outside` begins with Raw

  LinkType link_type() const { return link.value_or(outside.link()); }
  bool carries_v4() const { return carries != Carries::V6; }
  bool carries_v6() const { return carries != Carries::V4; }
};

void PrintTo(const EncapsulationCase& way, std::ostream* out);

/// Link layers below IP.
std::vector<EncapsulationCase> link_cases();
/// Those of link_cases() whose link type has no literal of its own.
std::vector<EncapsulationCase> raw_link_cases();
/// Layers between Ethernet and the innermost IP packet, without the Ethernet header.
std::vector<EncapsulationCase> tunnel_cases();

struct SamplePacket {
  std::string name;  ///< usable as a file name
  LinkType link;
  Bytes bytes;
};

/// A TCP packet in each encapsulation, for each IP version, and some ICMP errors.
std::vector<SamplePacket> sample_packets();

}  // namespace synfin::test
