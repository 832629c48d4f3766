// The rows of the groups that are not about live capture or enrichment. See option_table.h.
#include "app/option_table.h"

namespace synfin {
namespace {

std::vector<std::pair<std::string, LogFormat>> log_formats() {
#define SYNFIN_CHOICE(value, name) {name, LogFormat::value},
  return {SYNFIN_LOG_FORMATS(SYNFIN_CHOICE)};
#undef SYNFIN_CHOICE
}

std::vector<OptionRow> input_rows(OptionDraft& d) {
  constexpr std::string_view group = "Input";
  Options& o = d.options;
  return {
      {group, "-r,--read",
       "read packets or connection logs from FILE or a folder; - is standard input; repeatable",
       list("FILE", o.read, Completion::File), "--interface"},
      {group, "-F", "read the filter expression from FILE",
       text("FILE", d.filter_file, Completion::File)},
      {group, "-d", "print the compiled filter and exit", flag(o.dump_filter)},
      {group, "-c", "stop after N packets that pass the filter",
       number("N", o.max_packets, 1, UINT64_MAX, "packets")},
      {group, "--duration", "stop after this much capture time: 30s, 5m, 2h",
       positive_duration("TIME", o.duration)},
      {group, "--after",
       "only packets at or after TIME: 2026-03-01T14:30:00Z, or seconds since the epoch",
       time_text(d.after)},
      {group, "--before", "only packets before TIME", time_text(d.before)},
      {group, "--packets",
       "which packets to use: all, or only the control packets, which begin or end a connection "
       "(default: auto: control on an interface, else what the capture contains)",
       choice<std::optional<PacketScope>>(
           "WHICH", o.packets,
           {{"auto", std::nullopt}, {"control", PacketScope::Control}, {"all", PacketScope::All}})},
      {group, "--dedup", "count a packet that several files contain only once",
       flag(o.table.copies_across_sources)},
      {group, "--context-key",
       "track the same addresses and ports in two VLANs or VXLAN, Geneve or GRE networks as two "
       "connections",
       flag(o.table.context_key)},
      {group, "--verify-checksums", "drop and count TCP segments whose checksum is wrong",
       flag(o.verify_checksums)},
  };
}

std::vector<OptionRow> view_rows(OptionDraft& d) {
  constexpr std::string_view group = "View";
  Options& o = d.options;
  return {
      {group, "--view", "print {} (default: events on an interface, else summary)",
       choice<ViewKind>("VIEW", o.view,
                        {{"events", ViewKind::Events},
                         {"timeline", ViewKind::Timeline},
                         {"endpoints", ViewKind::Endpoints},
                         {"clients", ViewKind::Clients},
                         {"services", ViewKind::Services},
                         {"netstat", ViewKind::Netstat},
                         {"inventory", ViewKind::Inventory},
                         {"processes", ViewKind::Processes},
                         {"summary", ViewKind::Summary},
                         {"none", ViewKind::None}}),
       "--scroll"},
      {group, "--scroll", "the same as --view events", flag(d.scroll), "--view"},
      {group, "--screen", "full screen also for events and for a capture that is read",
       flag(o.screen)},
      {group, "--each", "endpoints: also a row for each open connection (key o on the screen)",
       flag(o.each)},
      {group, "--every", "print the view, and live also the report, again after each TIME: 10s, 1m",
       positive_duration("TIME", o.every)},
      {group, "--port", "clients: only of these responder ports: 80 or 80,443",
       port_list("P[,P]", o.ports)},
      {group, "--dest", "clients: only of this responder, an address or a name",
       text("HOST", o.dest)},
      {group, "-t,--time-unit", "timeline: seconds per column",
       positive_duration("S", o.time_unit)},
      {group, "--width", "fit tables into N columns", number("N", o.width, 0, 100'000, "columns")},
  };
}

std::vector<OptionRow> output_rows(OptionDraft& d) {
  constexpr std::string_view group = "Output";
  Options& o = d.options;
  return {
      {group, "--log", "write one line per connection to FILE",
       text("FILE", o.log, Completion::File)},
      {group, "--log-format", "the format of --log: {} (default: zeek)",
       choice<LogFormat>("FORMAT", d.log_format, log_formats())},
      {group, "--events", "write each event to FILE as a line of JSON",
       text("FILE", o.events, Completion::File)},
      {group, "-o,--report", "write the summary to FILE", text("FILE", o.report, Completion::File)},
      {group, "--report-format", "the format of --report: {} (default: by its extension)",
       choice<ReportFormat>("FORMAT", o.report_format,
                            {{"text", ReportFormat::Text},
                             {"json", ReportFormat::Json},
                             {"csv", ReportFormat::Csv},
                             {"html", ReportFormat::Html},
                             {"md", ReportFormat::Markdown}})},
      {group, "--save-threshold",
       "at the end, write the addresses that were connected for at least PCT % of the time to "
       "frequent_ips_PCTpct_DATE.txt, which --filter-file reads",
       percentage(o.save_threshold)},
      {group, "-l", "flush after each line", flag(o.line_buffered)},
      {group, "--utc", "print times in UTC instead of local time", flag(o.utc)},
      {group, "--no-color", "print no colours (nor with NO_COLOR set or without a terminal)",
       flag(o.no_color)},
      {group, "-q,--quiet", "print only errors on standard error", flag(o.quiet)},
      {group, "-v,--verbose", "more diagnostics", flag(o.verbose)},
      {group, "--log-file", "append diagnostics to FILE, with time and level",
       text("FILE", o.log_file, Completion::File)},
  };
}

std::vector<OptionRow> limit_rows(OptionDraft& d) {
  constexpr std::string_view group = "Limits";
  Options& o = d.options;
  return {
      {group, "--max-connections",
       "connections tracked at the same time, a quarter of them half-open (default: 1048576)",
       number("N", o.table.max_connections, 16, kMaxEntries, "connections")},
      {group, "--max-memory",
       "memory for all tables, 64M or more; --max-connections and --max-hosts follow from it",
       byte_size("SIZE", d.max_memory)},
      {group, "--max-hosts", "keys that each table of a report counts exactly (default: 100000)",
       number("N", o.max_hosts, 16, kMaxEntries, "keys")},
      {group, "--syn-timeout", "a SYN counts as unanswered after TIME (default: 130s)",
       duration(o.table.syn_timeout)},
      {group, "--half-closed-timeout",
       "with all packets, a half-closed connection ends after TIME without one (default: 2h15m)",
       duration(o.table.half_closed_timeout)},
      {group, "--idle-timeout",
       "with all packets, an open connection ends after TIME without one (default: 2h15m)",
       duration(o.table.idle_timeout)},
      {group, "--linger", "write a record TIME after its connection ended (default: 5s)",
       duration(o.table.linger)},
      {group, "--threads",
       "2: two threads share reading, tracking and output; 1: one does all (default: 2)",
       number("N", o.threads, 1, 2, "threads")},
      {group, "--sandbox",
       "limit system calls and files to what the run needs: {}; strict fails if that is not "
       "possible (default: auto)",
       choice<SandboxMode>("MODE", o.sandbox,
                           {{"auto", SandboxMode::Auto},
                            {"strict", SandboxMode::Strict},
                            {"off", SandboxMode::Off}})},
  };
}

std::vector<OptionRow> other_rows(OptionDraft& d) {
  constexpr std::string_view group = "Other";
  return {{group, "--config",
           "read options from FILE (default: ~/.config/synfin/synfin.conf or "
           "/etc/synfin/synfin.conf)",
           text("FILE", d.config_file, Completion::File)},
          {group, "-h,--help", "print this help and exit", flag(d.help)},
          {group, "-V,--version", "print the version and exit", flag(d.version)}};
}

}  // namespace

std::vector<OptionRow> option_table(OptionDraft& d) {
  std::vector<OptionRow> table;
  for (auto& rows : {input_rows(d), live_rows(d.options.live), rotation_rows(d.options.live),
                     view_rows(d), output_rows(d), inventory_rows(d.options.inventory),
                     store_rows(d.options.store), filtering_rows(d.options.filters),
                     enrichment_rows(d.options.enrichment), metrics_rows(d.options.metrics),
                     publish_rows(d.options.publish), limit_rows(d), other_rows(d)}) {
    table.insert(table.end(), rows.begin(), rows.end());
  }
  return table;
}

}  // namespace synfin
