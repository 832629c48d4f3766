/// \file
/// PcapngWriter: packets as a pcapng section, formatted into a caller's buffer.
///
/// Spec: draft-ietf-opsawg-pcapng: section header, interface descriptions, enhanced packets,
/// interface statistics; little-endian, nanoseconds. A capture of control packets says so in a
/// comment of each interface, which capture/pcapng reads. Tested in
/// tests/unit/capture/pcapng_writer_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/packet.h"
#include "synfin/base/packet_scope.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

/// What an interface's comment says where only control packets were captured.
inline constexpr std::string_view kControlOnlyComment = "control packets only";

/// One section. Not thread-safe.
class PcapngWriter {
 public:
  struct About {
    std::string program;  ///< "synfin 0.1.0"
    std::string filter;   ///< the person's expression; empty without one
    PacketScope scope = PacketScope::All;
  };
  explicit PcapngWriter(About about) : about_(std::move(about)) {}

  /// Appends a section header; interfaces are described anew.
  void begin(std::string& out);
  /// Appends a packet, and what describes its interface where it is the first of it.
  /// REQUIRES: packet.interface < interfaces.size().
  void append(std::string& out, const Packet& packet, std::span<const InterfaceInfo> interfaces);
  /// Appends what was dropped during this section, if any interface is described.
  void end(std::string& out, const DropCounters& dropped, Timestamp now);

 private:
  void describe(std::string& out, const InterfaceInfo& interface);

  About about_;
  std::vector<std::uint32_t> numbers_;  ///< by Packet::interface: 1 + the section's number of it
  std::uint32_t described_ = 0;
};

}  // namespace synfin
