// The command line as a whole: the table of options, then the options that depend on each other.
// See options.h.
#include "app/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "app/option_checks.h"
#include "app/option_table.h"
#include "synfin/cli/expression_file.h"
#include "synfin/cli/time_text.h"
#include "synfin/filter/show_input.h"

namespace synfin {
namespace {

constexpr std::string_view kHead =
    "synfin records every TCP connection from SYN to FIN: who connects to whom, which\n"
    "connections fail, and why.\n\n"
    "Usage: synfin [OPTIONS] [--] [FILTER...]\n\n"
    "FILTER is a pcap-filter(7) expression as tcpdump takes it. Everything from its\n"
    "first word on belongs to the filter.\n";

constexpr std::string_view kFoot =
    "\nA FILE of - is standard output. Exit status: 0 done; 1 the work could not be\n"
    "done, an output failed or the input was damaged; 2 the command line was wrong.\n"
    "More: man synfin.\n";

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

/// Computes the options whose meaning depends on others. Returns a sentence if options contradict
/// each other.
std::string combine(OptionDraft& draft) {
  Options& o = draft.options;
  o.enrichment.live = o.read.empty();
  o.live.rotation.by_capture_time = !o.read.empty();
  draft.process = o.enrichment.process;
  if (o.view == ViewKind::Netstat || o.view == ViewKind::Processes) o.enrichment.process = true;
  if (draft.scroll && o.view && *o.view != ViewKind::Events)
    return "--scroll is --view events; it and another --view exclude each other";
  if (draft.scroll) o.view = ViewKind::Events;
  o.log_format = draft.log_format.value_or(o.log_format);
  const Zone zone = o.utc ? Zone::Utc : Zone::Local;
  if (!draft.after.empty()) o.after = parse_time(draft.after, zone);
  if (!draft.before.empty()) o.before = parse_time(draft.before, zone);
  if (o.after && o.before && *o.before <= *o.after)
    return fmt::format("no packet can pass --after {} and --before {}: before must be later",
                       draft.after, draft.before);
  return {};
}

/// Sizes the tables so that all of them together fit into `bytes`, if their keys are as many and
/// as varied as an attacker can make them. The figures are those of tests/bench/memory.py. A size
/// that is given by its own option stays.
std::string size_tables(const ParsedWords& words, std::uint64_t bytes, Options& o) {
  constexpr std::uint64_t kFixed = 40 << 20;      // the program, buffers and rings
  constexpr std::uint64_t kEachConnection = 256;  // slot, key and row of a view
  constexpr std::uint64_t kEachHost = 12 << 10;   // in all tables of a report and the widest view
  if (bytes == 0) return {};
  if (bytes < 64 << 20) return "--max-memory is at least 64M";
  const std::uint64_t half = (bytes - kFixed) / 2;
  if (!words.has("--max-connections"))
    o.table.max_connections = std::min(half / kEachConnection, kMaxEntries);
  if (!words.has("--max-hosts")) o.max_hosts = std::min(half / kEachHost, kMaxEntries);
  return {};
}

/// Enables the look-up of processes if the expression needs them.
std::string set_show(Options& o) {
  auto show = ShowExpression::parse(o.filters.show_text);
  if (!show) return fmt::format("--show '{}', {}", o.filters.show_text, show.error().message);
  o.filters.show = std::move(*show);
  if (o.filters.show.needs_processes() && o.read.empty()) o.enrichment.process = true;
  return show_contradiction(o.filters.show, o.enrichment);
}

std::string set_filter(const std::vector<std::string>& words, const std::string& file, Options& o) {
  for (const std::string& word : words) o.filter += o.filter.empty() ? word : " " + word;
  o.filter_file = file;
  if (file.empty() || o.filter.empty()) return {};
  return "the filter comes from -F or from the command line, not from both";
}

/// At most one output may be standard output.
std::string check_stdout(const Options& o) {
  std::vector<std::string> users;
  if (o.live.write == "-") users.push_back("-w");
  if (o.log == "-") users.push_back("--log");
  if (o.events == "-") users.push_back("--events");
  if (o.report == "-") users.push_back("--report");
  if (!users.empty() && o.view && *o.view != ViewKind::None) users.push_back("--view");
  if (users.size() < 2) return {};
  return fmt::format("{} and {} both write to standard output; give one of them a file", users[0],
                     users[1]);
}

}  // namespace

ViewKind Options::effective_view() const {
  if (view) return *view;
  const bool stdout_taken = live.write == "-" || log == "-" || events == "-" || report == "-";
  if (stdout_taken) return ViewKind::None;
  return read.empty() ? ViewKind::Events : ViewKind::Summary;
}

Status read_filter_file(Options& options) {
  if (options.filter_file.empty()) return Ok{};
  auto text = read_expression(options.filter_file);
  if (!text) return text.error();
  options.filter = std::move(*text);
  return Ok{};
}

Result<CommandLine> parse_command_line(int argc, const char* const* argv,
                                       const ConfigLoader& load) {
  OptionDraft draft;
  const std::vector<OptionRow> table = option_table(draft);
  auto words = parse_words(table, argc, argv, load);
  if (!words) return words.error();
  CommandLine result;
  result.help = draft.help;
  if (draft.help) result.print = help_text(table, kHead, kFoot);
  if (draft.version) result.print = "synfin " SYNFIN_VERSION "\n";
  if (!result.print.empty()) return result;
  Options& o = draft.options;
  for (const std::string& wrong :
       {combine(draft), size_tables(*words, draft.max_memory, o), set_show(o),
        set_filter(words->filter, draft.filter_file, o),
        check_live_options(o.live, o.log, !o.read.empty()),
        o.report_format ? std::string{} : check_report_name(o.report), check_stdout(o),
        check_outputs_differ(o, words->config.path), check_store_options(o.store)}) {
    if (!wrong.empty()) return usage(words->places_of(wrong) + wrong);
  }
  o.notices = options_without_effect(draft, words->settings);
  result.options = std::move(draft.options);
  result.settings = settings_text(*words);
  result.config = std::move(words->config);
  return result;
}

}  // namespace synfin
