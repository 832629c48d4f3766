/// \file
/// The command line: what a person asked for, parsed and checked, before anything is opened.
/// Tested in tests/unit/app/options_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/options_live.h"
#include "app/options_names.h"
#include "synfin/base/cidr.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/log/log_writer.h"
#include "synfin/report/render.h"
#include "synfin/track/connection_table.h"
#include "synfin/view/view_set.h"

namespace synfin {

struct Options {
  std::vector<std::string> read;  ///< files or folders; "-" is stdin; empty: live
  LiveSettings live;
  std::string filter;  ///< pcap-filter(7) expression, empty without one
  bool dump_filter = false;

  std::uint64_t max_packets = 0;  ///< 0 = no limit
  std::optional<Duration> duration;
  std::optional<Timestamp> after;
  std::optional<Timestamp> before;
  std::optional<PacketScope> packets;  ///< unset: what the capture says of itself, or control live

  std::optional<ViewKind> view;
  bool screen = false;                ///< full screen also for events, or for a pipe that is read
  bool each = false;                  ///< endpoints: each open connection, too
  std::optional<Duration> every;      ///< print the view again and again
  std::vector<std::uint16_t> ports;   ///< --port
  std::string dest;                   ///< --dest: an address or a name
  std::optional<Duration> time_unit;  ///< a column of the timeline
  bool line_buffered = false;
  std::size_t width = 0;
  std::string log;
  LogFormat log_format = LogFormat::Zeek;
  std::string events;
  std::string report;
  std::optional<ReportFormat> report_format;

  EnrichmentOptions enrichment;
  FilterOptions filters;
  double save_threshold = -1;  ///< percent; negative: no file
  TableOptions table;
  bool verify_checksums = false;
  std::size_t max_hosts = 100'000;
  unsigned threads = 2;

  bool utc = false;
  bool no_color = false;
  bool quiet = false;
  bool verbose = false;
  std::string log_file;  ///< words about the run; empty: none

  /// What is printed when nobody said: nothing where a FILE is stdout, else the summary, or events
  /// where the capture is live.
  ViewKind effective_view() const;
};

/// What to do after parsing: run, or print a text and leave with success (--help, --version).
struct CommandLine {
  Options options;
  std::string print;  ///< not empty: print this to stdout and end
};

/// Parses a command line. Fails with kind Usage and one sentence.
Result<CommandLine> parse_command_line(int argc, const char* const* argv);

/// "30s", "5m", "2h", "1d", "250ms", or a plain number of seconds. Nothing where it is none or
/// negative.
std::optional<Duration> parse_duration(std::string_view text);

/// "2026-03-01", "2026-03-01 14:30[:16[.5]]", with "T" for the blank and an offset ("Z", "+02:00")
/// behind, or seconds since the epoch. Without an offset it is in `zone`.
std::optional<Timestamp> parse_time(std::string_view text, Zone zone);

}  // namespace synfin
