// The command line by CLI11. See options.h.
#include "app/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

#include "app/option_group.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

constexpr const char* kAbout =
    "synfin tells the life of every TCP connection, from SYN to FIN: who talks to whom, what fails "
    "and why.";
constexpr const char* kFooter =
    "FILTER is a pcap-filter(7) expression, as tcpdump takes it; from its first word on, all is "
    "filter.\n"
    "FILE may be - for standard output. Exit status: 0 done, 1 the work could not be done or the "
    "input\n"
    "was damaged, 2 the command line was wrong. More: man synfin.";

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

/// What CLI11 hands over as text and we turn into values after it is done.
struct RawOptions {
  std::string after, before, duration, packets, view, log_format, report_format, filter_file;
  std::string syn_timeout, half_closed_timeout, idle_timeout, linger;
  std::string every, ports, time_unit;
  std::vector<std::string> local_nets;
  bool scroll = false;
  bool version = false;
};

void add_input_options(CLI::App& app, Options& o, RawOptions& raw) {
  OptionGroup group(app, "Input");
  group.values("-r,--read", o.read,
               "read packets from FILE, or from all captures in a folder; repeatable; - is stdin",
               "FILE");
  group.value("-F", raw.filter_file, "read the filter expression from FILE", "FILE");
  group.flag("-d", o.dump_filter, "print the compiled filter and end");
  group.value("-c", o.max_packets, "end after N packets", "N");
  group.value("--duration", raw.duration, "end after so much capture time: 30s, 5m, 2h", "TIME");
  group.value("--after", raw.after,
              "only packets at or after TIME: 2026-03-01T14:30:00Z, or seconds since the epoch",
              "TIME");
  group.value("--before", raw.before, "only packets before TIME", "TIME");
  group.value("--packets", raw.packets,
              "auto, all, or control: only those that begin or end a connection", "WHICH");
  group.flag("--dedup", o.table.copies_across_sources,
             "a packet that several files hold counts once");
  group.flag("--vlan-key", o.table.vlan_key,
             "the same addresses and ports in two VLANs are two connections");
  group.flag("--verify-checksums", o.verify_checksums,
             "drop and count TCP segments whose checksum is wrong");
}

void add_view_options(CLI::App& app, Options& o, RawOptions& raw) {
  OptionGroup group(app, "View");
  group.value("--view", raw.view,
              "events, timeline, endpoints, clients, services, netstat, processes, summary or none "
              "(default: live events, else summary)",
              "VIEW");
  group.flag("--scroll", raw.scroll, "the same as --view events");
  group.flag("--screen", o.screen, "full screen also for events, and for captures from a pipe");
  group.flag("--each", o.each,
             "with endpoints: a row for each open connection, too; on the screen, key o");
  group.value("--every", raw.every, "print the view again every TIME: 10s, 1m", "TIME");
  group.value("--port", raw.ports, "clients of these ports: 80 or 80,443", "P[,P]");
  group.value("--dest", o.dest, "clients of this responder alone", "HOST");
  group.value("-t,--time-unit", raw.time_unit, "a column of the timeline is so many seconds", "S");
  group.value("--width", o.width, "fit tables into N columns", "N");
}

void add_output_options(CLI::App& app, Options& o, RawOptions& raw) {
  OptionGroup group(app, "Output");
  group.value("--log", o.log, "write a line per connection to FILE", "FILE");
  group.value("--log-format", raw.log_format, "zeek, json or csv (default: zeek)", "FORMAT");
  group.value("--events", o.events, "write every event to FILE, as a line of JSON", "FILE");
  group.value("-o,--report", o.report, "write the summary to FILE", "FILE");
  group
      .value("--save-threshold", o.save_threshold,
             "at the end, write addresses connected at least PCT % of the time to "
             "frequent_ips_PCTpct_DATE.txt, for --filter-file",
             "PCT")
      ->check(CLI::Range(0.0, 100.0));
  group.value("--report-format", raw.report_format,
              "text, json, csv, html or md (default: by FILE's extension)", "FORMAT");
  group.flag("-l", o.line_buffered, "write each line as it comes");
  group.flag("--utc", o.utc, "print times in UTC instead of local time");
  group.flag("--no-color", o.no_color, "no colours, as with NO_COLOR set or without a terminal");
  group.flag("-q,--quiet", o.quiet, "no words about the run");
  group.flag("-v,--verbose", o.verbose, "more words about the run");
  group.value("--log-file", o.log_file, "append words about the run to FILE, with their levels",
              "FILE");
  group.values("--local-net", raw.local_nets, "addresses that are ours: 192.0.2.0/24; repeatable",
               "CIDR");
}

void add_limit_options(CLI::App& app, Options& o, RawOptions& raw) {
  OptionGroup group(app, "Limits");
  group
      .value("--max-connections", o.table.max_connections,
             "connections tracked at a time, a quarter of them half-open (default: 1048576)", "N")
      ->check(CLI::Range(std::size_t{16}, std::size_t{1} << 28));
  group
      .value("--max-hosts", o.max_hosts,
             "keys that each table of a report counts exactly (default: 100000)", "N")
      ->check(CLI::Range(std::size_t{16}, std::size_t{1} << 28));
  group.value("--syn-timeout", raw.syn_timeout, "a SYN is unanswered after TIME (default: 130s)",
              "TIME");
  group.value("--half-closed-timeout", raw.half_closed_timeout,
              "a half-closed connection ends after TIME of silence (default: 60s)", "TIME");
  group.value("--idle-timeout", raw.idle_timeout,
              "an open connection ends after TIME of silence (default: 1h)", "TIME");
  group.value("--linger", raw.linger, "a record is written TIME after the end (default: 5s)",
              "TIME");
  group
      .value("--threads", o.threads,
             "1: all on one thread; 2: two share reading, tracking and output (default: 2)", "N")
      ->check(CLI::Range(1u, 2u));
}

template <typename T>
std::string choose(const std::string& text,
                   std::initializer_list<std::pair<const char*, T>> choices, T& out,
                   const char* option) {
  if (text.empty()) return {};
  std::string known;
  for (const auto& [name, value] : choices) {
    if (text == name) {
      out = value;
      return {};
    }
    known += known.empty() ? name : fmt::format(", {}", name);
  }
  return fmt::format("{} knows {}, not '{}'", option, known, text);
}

std::string set_duration(const std::string& text, Duration& out, const char* option) {
  if (text.empty()) return {};
  const auto parsed = parse_duration(text);
  if (!parsed)
    return fmt::format("{} takes a time span such as 30s, 5m or 2h, not '{}'", option, text);
  out = *parsed;
  return {};
}

std::string set_time(const std::string& text, Zone zone, std::optional<Timestamp>& out,
                     const char* option) {
  if (text.empty()) return {};
  out = parse_time(text, zone);
  if (out) return {};
  return fmt::format(
      "{} takes a time such as 2026-03-01T14:30:00Z or seconds since the epoch, not '{}'", option,
      text);
}

std::string set_views(const RawOptions& raw, Options& o) {
  ViewKind view{};
  if (!raw.view.empty()) {
    std::string wrong = choose<ViewKind>(raw.view,
                                         {{"events", ViewKind::Events},
                                          {"timeline", ViewKind::Timeline},
                                          {"endpoints", ViewKind::Endpoints},
                                          {"clients", ViewKind::Clients},
                                          {"services", ViewKind::Services},
                                          {"netstat", ViewKind::Netstat},
                                          {"processes", ViewKind::Processes},
                                          {"summary", ViewKind::Summary},
                                          {"none", ViewKind::None}},
                                         view, "--view");
    if (!wrong.empty()) return wrong;
    o.view = view;
  }
  if (o.view == ViewKind::Netstat || o.view == ViewKind::Processes) o.enrichment.process = true;
  if (raw.scroll) o.view = ViewKind::Events;
  if (!raw.log_format.empty()) {
    const auto format = parse_log_format(raw.log_format);
    if (!format) return fmt::format("--log-format knows zeek, json, csv, not '{}'", raw.log_format);
    o.log_format = *format;
  }
  if (!raw.report_format.empty()) {
    o.report_format = parse_report_format(raw.report_format);
    if (!o.report_format)
      return fmt::format("--report-format knows text, json, csv, html, md, not '{}'",
                         raw.report_format);
  }
  return {};
}

/// A span that is longer than nothing.
std::string set_interval(const std::string& text, std::optional<Duration>& out,
                         const char* option) {
  if (text.empty()) return {};
  out = parse_duration(text);
  if (out && *out > Duration{0}) return {};
  return fmt::format("{} takes a time span such as 1s, 500ms or 5m, not '{}'", option, text);
}

std::string set_ports(std::string_view text, std::vector<std::uint16_t>& out) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    unsigned port = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), port);
    if (parsed.ec != std::errc{} || parsed.ptr != word.data() + word.size() || port == 0 ||
        port > 65535) {
      return fmt::format("--port takes ports such as 80 or 80,443, not '{}'", word);
    }
    out.push_back(static_cast<std::uint16_t>(port));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return {};
}

/// Processes are looked up if the expression asks for them.
std::string set_show(Options& o) {
  auto show = ShowExpression::parse(o.filters.show_text);
  if (!show) return fmt::format("--show '{}', {}", o.filters.show_text, show.error().message);
  o.filters.show = std::move(*show);
  if (o.filters.show.needs_processes() && o.read.empty()) o.enrichment.process = true;
  return {};
}

std::string set_values(const RawOptions& raw, Options& o) {
  o.enrichment.live = o.read.empty();
  if (std::isnan(o.save_threshold)) return "--save-threshold takes a number from 0 to 100";
  const Zone zone = o.utc ? Zone::Utc : Zone::Local;
  Duration duration = kNoDuration;
  for (const std::string& wrong :
       {set_views(raw, o), set_interval(raw.every, o.every, "--every"),
        set_interval(raw.time_unit, o.time_unit, "--time-unit"), set_ports(raw.ports, o.ports),
        set_duration(raw.duration, duration, "--duration"),
        set_duration(raw.syn_timeout, o.table.syn_timeout, "--syn-timeout"),
        set_duration(raw.half_closed_timeout, o.table.half_closed_timeout, "--half-closed-timeout"),
        set_duration(raw.idle_timeout, o.table.idle_timeout, "--idle-timeout"),
        set_duration(raw.linger, o.table.linger, "--linger"),
        set_time(raw.after, zone, o.after, "--after"),
        set_time(raw.before, zone, o.before, "--before"), set_name_values(o.enrichment),
        set_show(o),
        choose<std::optional<PacketScope>>(
            raw.packets,
            {{"auto", std::nullopt}, {"control", PacketScope::Control}, {"all", PacketScope::All}},
            o.packets, "--packets")}) {
    if (!wrong.empty()) return wrong;
  }
  if (duration != kNoDuration) o.duration = duration;
  for (const std::string& text : raw.local_nets) {
    const auto net = Cidr::parse(text);
    if (!net)
      return fmt::format("--local-net takes an address or a CIDR such as 192.0.2.0/24, not '{}'",
                         text);
    o.enrichment.local_nets.push_back(*net);
  }
  return {};
}

std::string set_filter(const std::vector<std::string>& words, const std::string& file, Options& o) {
  for (const std::string& word : words) o.filter += o.filter.empty() ? word : " " + word;
  if (file.empty()) return {};
  if (!o.filter.empty()) return "the filter comes from -F or from the command line, not from both";
  std::ifstream in(file);
  o.filter.assign(std::istreambuf_iterator<char>(in), {});
  if (!in.good() && !in.eof()) return fmt::format("cannot read the filter from {}", file);
  return {};
}

/// One output at most may be stdout.
std::string check_stdout(const Options& o) {
  std::vector<std::string> users;
  if (o.live.write == "-") users.push_back("-w");
  if (o.log == "-") users.push_back("--log");
  if (o.events == "-") users.push_back("--events");
  if (o.report == "-") users.push_back("--report");
  if (!users.empty() && o.view && *o.view != ViewKind::None) users.push_back("--view");
  if (users.size() < 2) return {};
  return fmt::format("{} and {} both want standard output", users[0], users[1]);
}

/// CLI11's help, its usage line completed by what it does not know: the filter.
std::string help_text(const CLI::App& app) {
  std::string text = app.help();
  const std::string_view usage = "Usage: synfin [OPTIONS]";
  if (const std::size_t at = text.find(usage); at != text.npos) {
    text.insert(at + usage.size(), " [--] [FILTER...]");
  }
  return text;
}

bool is_reserved(std::string_view word) {
  return word == "diff" || word == "notify" || word == "config";
}

/// The words behind the options: after "--", or from the first that is no option.
Result<std::vector<std::string>> filter_words(const CLI::App& app, int argc,
                                              const char* const* argv) {
  std::vector<std::string> words = app.remaining();
  bool dashes = false;
  for (int i = 1; i < argc; ++i) dashes = dashes || std::string_view(argv[i]) == "--";
  if (!words.empty() && words[0] == "--") words.erase(words.begin());
  if (!words.empty() && words[0].size() > 1 && words[0][0] == '-' && !dashes) {
    return usage(fmt::format("there is no option {}", words[0]));
  }
  return words;
}

}  // namespace

ViewKind Options::effective_view() const {
  if (view) return *view;
  const bool stdout_taken = live.write == "-" || log == "-" || events == "-" || report == "-";
  if (stdout_taken) return ViewKind::None;
  return read.empty() ? ViewKind::Events : ViewKind::Summary;
}

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  CommandLine result;
  Options& o = result.options;
  RawOptions raw;
  CLI::App app{kAbout, "synfin"};
  app.footer(kFooter);
  app.prefix_command();
  app.set_help_flag("-h,--help", "print this help and end");
  app.add_flag("-V,--version", raw.version, "print the version and end");
  add_input_options(app, o, raw);
  add_live_options(app, o.live);
  add_view_options(app, o, raw);
  add_output_options(app, o, raw);
  add_name_options(app, o.enrichment, o.filters);
  add_limit_options(app, o, raw);
  if (argc > 1 && is_reserved(argv[1])) {
    return usage(fmt::format("the subcommand {} is not part of this version", argv[1]));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    result.print = help_text(app);
    return result;
  } catch (const CLI::ParseError& e) {
    return usage(e.what());
  }
  if (raw.version) {
    result.print = "synfin " SYNFIN_VERSION "\n";
    return result;
  }
  const auto words = filter_words(app, argc, argv);
  if (!words) return words.error();
  for (const std::string& wrong :
       {set_values(raw, o), set_filter(*words, raw.filter_file, o),
        check_live_options(o.live, !o.log.empty() && o.log != "-", !o.read.empty()),
        check_stdout(o)}) {
    if (!wrong.empty()) return usage(wrong);
  }
  return result;
}

}  // namespace synfin
