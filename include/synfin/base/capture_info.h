/// \file
/// CaptureInfo: the sources of a run, its time span, and a count for every packet. Each report
/// begins with it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/packet_scope.h"
#include "synfin/base/time.h"

namespace synfin {

/// The ledger balances: `received` is the sum of `decoded` to `filtered`. Drops are not part of the
/// sum, because dropped packets were never received.
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
  std::uint64_t dropped_ring = 0;  ///< events, not packets: the outputs were too slow

  std::uint64_t used() const { return received - filtered; }
  /// The packets received whose place is known.
  std::uint64_t accounted() const {
    return decoded + not_tcp + fragments + truncated + malformed + unsupported_link + copies +
           late + filtered;
  }
  bool balances() const { return received == accounted(); }
  std::uint64_t dropped_packets() const { return dropped_kernel + dropped_interface; }
};

/// Every figure of a ledger with its name, as in the JSON report.
struct LedgerFigure {
  const char* name;
  std::uint64_t Ledger::*member;
};
inline constexpr LedgerFigure kLedgerFigures[] = {{"received", &Ledger::received},
                                                  {"decoded", &Ledger::decoded},
                                                  {"not_tcp", &Ledger::not_tcp},
                                                  {"fragments", &Ledger::fragments},
                                                  {"truncated", &Ledger::truncated},
                                                  {"malformed", &Ledger::malformed},
                                                  {"unsupported_link", &Ledger::unsupported_link},
                                                  {"copies", &Ledger::copies},
                                                  {"late", &Ledger::late},
                                                  {"filtered", &Ledger::filtered},
                                                  {"dropped_kernel", &Ledger::dropped_kernel},
                                                  {"dropped_interface", &Ledger::dropped_interface},
                                                  {"dropped_ring", &Ledger::dropped_ring}};

/// The account of an input that consists of connection logs instead of packets.
struct LogInfo {
  std::uint64_t records = 0;     ///< records that the figures count
  std::uint64_t filtered = 0;    ///< by the filter expression, --after or --before
  std::uint64_t not_tcp = 0;     ///< records of other protocols
  std::uint64_t unreadable = 0;  ///< lines that are no records
  /// Columns that some log does not have. What they hold is unknown in this run, not zero.
  std::vector<std::string> missing;

  bool lacks(std::string_view column) const {
    return std::find(missing.begin(), missing.end(), column) != missing.end();
  }
};

/// What CaptureInfo::only_control_packets means for the user.
inline constexpr std::string_view kOnlyControlPackets =
    "the capture seems to have control packets only (SYN, FIN, RST), so outcomes, bytes and gaps "
    "may be wrong; --packets control reads it by the rules for these";

struct CaptureInfo {
  std::vector<std::string> sources;  ///< file or interface names, as given; escape before printing
  PacketScope scope = PacketScope::All;
  std::string filter;                   ///< the filter expression, empty without one
  std::vector<std::string> link_types;  ///< "EN10MB", as libpcap names them
  Timestamp first_packet{};             ///< of those used; meaningless unless ledger.used() > 0
  Timestamp last_packet{};
  Ledger ledger;
  bool interrupted = false;  ///< a signal or the user ended the run
  bool so_far = false;  ///< the capture is still running, so of the ledger only `received` is known
  std::uint64_t open = 0;           ///< if so_far: open connections, which no figure includes yet
  std::vector<std::string> gaps;    ///< one sentence for each time an interface was down
  std::vector<std::string> damage;  ///< one sentence for each fault of the input
  /// The number of hidden connections for each option that hides some. No figure includes them.
  std::vector<std::pair<std::string, std::uint64_t>> hidden;
  std::uint64_t forged_rst = 0;        ///< RSTs outside their connection's window
  std::uint64_t context_overlaps = 0;  ///< segments that show networks with overlapping addresses
  std::uint64_t out_of_window = 0;     ///< segments outside the window of their connection
  std::uint64_t unchecked_copies = 0;  ///< packets whose later copies would not be recognized
  std::uint64_t details_missing = 0;   ///< segments whose unusual facts no record has
  std::uint64_t out_of_order = 0;      ///< packets more than a second older than one before them
  Duration most_out_of_order{};        ///< the largest such difference
  bool contexts_shared = false;        ///< --context-key cannot distinguish all contexts
  /// All packets were to be used, but nothing shows that there were others than control packets.
  bool only_control_packets = false;
  /// Set if logs were read; the ledger and the other figures of packets are then unknown.
  std::optional<LogInfo> log;

  /// False if logs were read of which one lacks the column.
  bool knows(std::string_view column) const { return !log || !log->lacks(column); }
  /// True if sums of the bytes of both directions are known.
  bool knows_bytes() const { return knows("orig_bytes") && knows("resp_bytes"); }

  /// True if there is something to report, so that first_packet and last_packet have a meaning.
  bool any_used() const { return log ? log->records != 0 : ledger.used() != 0; }
};

}  // namespace synfin
