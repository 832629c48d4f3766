/// \file
/// What was read and where every packet of it went, for the head of each report.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "synfin/base/packet_scope.h"
#include "synfin/base/time.h"

namespace synfin {

/// The ledger closes: received is the sum of the seven that follow and `filtered`. Drops stand
/// beside it, for they were never received.
struct Ledger {
  std::uint64_t received = 0;
  std::uint64_t decoded = 0;  ///< TCP segments and ICMP errors that reached the table
  std::uint64_t not_tcp = 0;
  std::uint64_t fragments = 0;
  std::uint64_t truncated = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unsupported_link = 0;
  std::uint64_t copies = 0;    ///< packets that the capture had already delivered
  std::uint64_t late = 0;      ///< of connections whose record is written
  std::uint64_t filtered = 0;  ///< by the filter expression, --after, --before or --packets
  std::uint64_t dropped_kernel = 0;
  std::uint64_t dropped_interface = 0;
  std::uint64_t dropped_ring = 0;

  bool closes() const {
    return received == decoded + not_tcp + fragments + truncated + malformed + unsupported_link +
                           copies + late + filtered;
  }
};

struct CaptureInfo {
  std::vector<std::string> sources;  ///< file or interface names, as given; escape before printing
  PacketScope scope = PacketScope::All;
  std::string filter;                   ///< the filter expression, empty without one
  std::vector<std::string> link_types;  ///< "EN10MB", as libpcap names them
  Timestamp first_packet{};             ///< REQUIRES: ledger.received > 0 to mean anything
  Timestamp last_packet{};
  Ledger ledger;
  bool so_far = false;              ///< the capture goes on: of the ledger only `received` is known
  std::uint64_t open = 0;           ///< with so_far: connections that are in no figure yet
  std::vector<std::string> gaps;    ///< when an interface was down or away, a sentence each
  std::vector<std::string> damage;  ///< what was wrong with the input, a sentence each
  /// Connections that are in no figure, by the option that hides them; empty where none does.
  std::vector<std::pair<std::string, std::uint64_t>> hidden;
  std::uint64_t out_of_window = 0;  ///< segments outside the window of their connection
  std::uint64_t forged_rst = 0;     ///< RSTs that did not fit their connection
};

}  // namespace synfin
