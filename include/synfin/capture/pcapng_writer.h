/// \file
/// PcapngWriter: formats packets as a pcapng section into the caller's buffer.
///
/// Spec: draft-ietf-opsawg-pcapng: section header, interface descriptions, enhanced packets,
/// interface statistics; little-endian, nanoseconds. In a capture of control packets, each
/// interface has a comment that the pcapng reader recognizes. Tested in
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

/// The comment of an interface on which only control packets were captured.
inline constexpr std::string_view kControlOnlyComment = "control packets only";

/// Writes one section. Not thread-safe.
class PcapngWriter {
 public:
  struct About {
    std::string program;  ///< "synfin 0.1.0"
    std::string filter;   ///< the user's expression; empty if there is none
    PacketScope scope = PacketScope::All;
  };
  explicit PcapngWriter(About about) : about_(std::move(about)) {}

  /// Appends a section header. The section describes its interfaces again.
  void begin(std::string& out);
  /// Appends the description of the packet's interface, unless the section has it. Returns true if
  /// it did. Later packets refer to the description, so it must not be discarded.
  /// REQUIRES: packet.interface < interfaces.size().
  bool describe_interface(std::string& out, const Packet& packet,
                          std::span<const InterfaceInfo> interfaces);
  /// Appends a packet. Before the first packet of an interface it appends the interface's
  /// description. REQUIRES: packet.interface < interfaces.size().
  void append(std::string& out, const Packet& packet, std::span<const InterfaceInfo> interfaces);
  /// Appends the drops during this section, if the section describes an interface.
  void end(std::string& out, const DropCounters& dropped, Timestamp now);

 private:
  void describe(std::string& out, const InterfaceInfo& interface);

  About about_;
  std::vector<std::uint32_t> numbers_;  ///< by Packet::interface: 1 + its number in the section
  std::uint32_t described_ = 0;
};

}  // namespace synfin
