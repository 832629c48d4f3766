/// \file
/// Options: the command line, parsed and checked before anything is opened.
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
#include "synfin/cli/option_parser.h"
#include "synfin/inventory/inventory_options.h"
#include "synfin/log/log_writer.h"
#include "synfin/metrics/metrics_options.h"
#include "synfin/publish/publish_options.h"
#include "synfin/report/render.h"
#include "synfin/sandbox/sandbox.h"
#include "synfin/store/store.h"
#include "synfin/track/connection_table.h"
#include "synfin/view/view_set.h"

namespace synfin {

struct Options {
  std::vector<std::string> read;  ///< files or folders; "-" is stdin; empty: live
  LiveSettings live;
  std::string filter;       ///< pcap-filter(7) expression, empty without one
  std::string filter_file;  ///< -F: a file with the expression, read by read_filter_file()
  bool dump_filter = false;

  std::uint64_t max_packets = 0;  ///< 0 = no limit
  std::optional<Duration> duration;
  std::optional<Timestamp> after;
  std::optional<Timestamp> before;
  std::optional<PacketScope> packets;  ///< unset: Control live, else what the capture contains

  std::optional<ViewKind> view;
  bool screen = false;                ///< full screen also for events and captures
  bool each = false;                  ///< endpoints: also a row for each open connection
  std::optional<Duration> every;      ///< how often the view is printed again
  std::vector<std::uint16_t> ports;   ///< --port: responder ports of the clients view
  std::string dest;                   ///< --dest: an address or a name
  std::optional<Duration> time_unit;  ///< the time that one column of the timeline covers
  bool line_buffered = false;
  std::size_t width = 0;
  std::string log;
  LogFormat log_format = LogFormat::Zeek;
  std::string events;
  std::string report;
  std::optional<ReportFormat> report_format;
  InventoryOptions inventory;
  StoreOptions store;

  EnrichmentOptions enrichment;
  FilterOptions filters;
  double save_threshold = -1;  ///< percent; negative: write no file of frequent addresses
  TableOptions table;
  bool verify_checksums = false;
  std::size_t max_hosts = 100'000;
  unsigned threads = 2;

  MetricsOptions metrics;
  PublishOptions publish;
  SandboxMode sandbox = SandboxMode::Auto;

  bool utc = false;
  bool no_color = false;
  bool quiet = false;
  bool verbose = false;
  std::vector<std::string> notices;  ///< sentences about options without effect
  std::string log_file;              ///< diagnostics are appended here; empty: to no file

  /// The view that is printed. Without --view: none if an output is stdout, else the summary of a
  /// capture and the events of live traffic.
  ViewKind effective_view() const;
};

/// What to do after parsing: run, or print a text and exit with success (--help, --version).
struct CommandLine {
  Options options;
  std::string print;  ///< if not empty, print this to stdout and exit
  bool help = false;  ///< `print` is the help text
  ConfigFile config;
  std::string settings;  ///< all that is set, as a configuration file
};

/// Reads the expression of -F, if the options name a file. Called without privileges.
Status read_filter_file(Options& options);

/// Parses a command line, and with `load` a configuration file. Fails with kind Usage and one
/// sentence.
Result<CommandLine> parse_command_line(int argc, const char* const* argv,
                                       const ConfigLoader& load = {});

}  // namespace synfin
