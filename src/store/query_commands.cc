// The subcommands that query a store. See synfin/store/query_commands.h.
#include "synfin/store/query_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "store/inventory_results.h"
#include "store/report_results.h"
#include "store/result_output.h"
#include "store/sensor_results.h"
#include "store/store_session.h"
#include "synfin/base/output_file.h"
#include "synfin/base/print_text.h"
#include "synfin/base/result.h"
#include "synfin/cli/option_parser.h"
#include "synfin/enrich/address_book.h"
#include "synfin/inventory/inventory_command.h"
#include "synfin/report/diff_command.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

constexpr std::string_view kFoot =
    "\nExit status: 0 done; 1 the server refused or did not answer; 2 the command line was\n"
    "wrong. More: man synfin-report.\n";

struct ReportCommand {
  StoreQueryOptions store;
  ResultOutput output;
};

std::vector<OptionRow> report_rows(ReportCommand& c) {
  std::vector<OptionRow> rows = store_query_rows(c.store);
  constexpr std::string_view group = "Output";
  rows.push_back({group, "-o,--report", "write to FILE (default: standard output)",
                  text("FILE", c.output.path, Completion::File)});
  rows.push_back(
      {group, "--report-format", "{} (default: by the name of the output, else text)",
       choice<std::string>(
           "FORMAT", c.output.format,
           {{"text", "text"}, {"json", "json"}, {"csv", "csv"}, {"html", "html"}, {"md", "md"}})});
  return rows;
}

/// A note about what a report from a store lacks.
Table limits_table() {
  return {.key = "store",
          .title = "Store",
          .note =
              "percentiles of handshake times are within 1.1 %; idle timers, ports that run out "
              "and shifts of handshake times are not computed, because they need single "
              "connections instead of the sums that a store keeps",
          .columns = {},
          .rows = {}};
}

Result<OutputFile> open_output(const ResultOutput& output) {
  return OutputFile::open(output.path, OutputMode::Replace);
}

Result<int> run_report(int argc, const char* const* argv) {
  ReportCommand command;
  const std::vector<OptionRow> rows = report_rows(command);
  const auto words = parse_command("synfin report", rows, argc, argv);
  if (!words) return words.error();
  if (command.store.help)
    return print_text(help_text(rows,
                                "Usage: synfin report --from URL [OPTIONS]\n\n"
                                "Prints the report of what a store holds.\n",
                                kFoot));
  if (command.store.from.empty() || !words->empty())
    return usage_error("usage: synfin report --from URL [OPTIONS]");
  if (command.output.format.empty() && command.output.path != "-") {
    if (const std::string wrong = check_report_name(command.output.path); !wrong.empty())
      return usage_error(wrong);
  }
  const auto scope = Scope::of(command.store);
  if (!scope) return scope.error();
  auto session = StoreSession::open(command.store, command.output.path);
  if (!session) return session.error();
  auto file = open_output(command.output);
  if (!file) return file.error();
  auto report = query_report(*session, *scope);
  if (!report) return report.error();
  command.output.utc = command.store.utc;
  RenderOptions render = command.output.render_options();
  const std::vector<Table> more{sensors_table(report->sensors), limits_table()};
  render.more = &more;
  AddressBook book{GeoIpOptions{}};
  for (auto& [address, about] : report->about) book.learn(address, std::move(about));
  render.book = &book;
  PortNames ports;
  file->buffer() += render_report(
      command.output.report_format(), report->capture,
      [&](std::size_t n) { return first_rows(report->data, n); }, ports, render);
  file->commit();
  if (const Status written = file->close(); !written) return written.error();
  return 0;
}

/// "2026-03-01..2026-03-02", with either time left out.
Result<Scope> scope_between(const StoreQueryOptions& store, const std::string& range) {
  const std::size_t dots = range.find("..");
  if (dots == range.npos) {
    return usage_error(fmt::format(
        "with --from, synfin diff compares ranges of time such as 2026-03-01..2026-03-02, not '{}'",
        range));
  }
  StoreQueryOptions part = store;
  part.since_text = range.substr(0, dots);
  part.until_text = range.substr(dots + 2);
  return Scope::of(part);
}

Result<std::string> json_report(StoreSession& session, const StoreQueryOptions& store,
                                const std::string& range) {
  const auto scope = scope_between(store, range);
  if (!scope) return scope.error();
  const auto report = query_report(session, *scope);
  if (!report) return report.error();
  PortNames ports;
  return render_report(ReportFormat::Json, report->capture,
                       [&](std::size_t n) { return first_rows(report->data, n); }, ports, {});
}

/// The options of `synfin diff` and those of a store, of which the ranges replace the times.
std::vector<OptionRow> diff_store_rows(StoreQueryOptions& store, DiffQuery& query) {
  std::vector<OptionRow> rows = diff_rows(query);
  for (OptionRow& row : store_query_rows(store)) {
    const auto has_name = [&](const OptionRow& other) { return other.name() == row.name(); };
    const bool is_time = row.name() == "--since" || row.name() == "--until";
    if (!is_time && std::none_of(rows.begin(), rows.end(), has_name))
      rows.push_back(std::move(row));
  }
  return rows;
}

Result<int> run_diff(int argc, const char* const* argv) {
  StoreQueryOptions store;
  DiffQuery query;
  const std::vector<OptionRow> rows = diff_store_rows(store, query);
  const auto words = parse_command("synfin diff", rows, argc, argv);
  if (!words) return words.error();
  if (query.help)
    return print_text(help_text(rows,
                                "Usage: synfin diff --from URL [OPTIONS] BEFORE AFTER\n\n"
                                "Prints what differs between two ranges of time of a store, such "
                                "as\n2026-03-01..2026-03-02.\n",
                                "\nMore: man synfin-diff.\n"));
  if (words->size() != 2)
    return usage_error("usage: synfin diff --from URL [OPTIONS] SINCE..UNTIL SINCE..UNTIL");
  query.before = (*words)[0];
  query.after = (*words)[1];
  store.utc = query.utc;
  store.sandbox = query.sandbox;
  for (const std::string& range : *words) {
    if (const auto scope = scope_between(store, range); !scope) return scope.error();
  }
  std::optional<StoreSession> session;
  return run_diff_query(
      query,
      {.confine = [&](const DiffQuery&) -> Status {
         auto opened = StoreSession::open(store, query.output);
         if (!opened) return opened.error();
         session.emplace(std::move(*opened));
         return Ok{};
       },
       .read = {},
       .report = [&](const std::string& range) { return json_report(*session, store, range); }});
}

/// The options of `synfin inventory` and those of a store.
std::vector<OptionRow> inventory_store_rows(StoreQueryOptions& store, InventoryQuery& query) {
  std::vector<OptionRow> rows = inventory_query_rows(query);
  for (OptionRow& row : store_query_rows(store)) {
    const auto has_name = [&](const OptionRow& other) { return other.name() == row.name(); };
    if (std::none_of(rows.begin(), rows.end(), has_name)) rows.push_back(std::move(row));
  }
  return rows;
}

Result<int> run_inventory(int argc, const char* const* argv) {
  StoreQueryOptions store;
  InventoryQuery query;
  std::vector<OptionRow> rows = inventory_store_rows(store, query);
  std::erase_if(rows, [](const OptionRow& row) { return row.name() == "--state"; });
  const auto words = parse_command("synfin inventory", rows, argc, argv);
  if (!words) return words.error();
  if (query.help)
    return print_text(help_text(rows,
                                "Usage: synfin inventory --from URL [OPTIONS] [HOST|CIDR]\n\n"
                                "Prints which hosts and ports the sensors of a store saw.\n",
                                "\nMore: man synfin-inventory.\n"));
  store.utc = query.utc;
  store.sandbox = query.sandbox;
  store.ports = query.ports;
  const auto scope = Scope::of(store);
  if (!scope) return scope.error();
  auto session = StoreSession::open(store, query.output);
  if (!session) return session.error();
  const Status done =
      run_inventory_query(std::move(query), *words,
                          {.load =
                               [&](Inventory& inventory, const InventorySelection& selection) {
                                 return query_ports(*session, *scope, selection, inventory);
                               },
                           .changes =
                               [&](const InventorySelection& selection) {
                                 return query_changes(*session, *scope, selection);
                               }});
  if (!done) return done.error();
  return 0;
}

bool reads_store(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view word) {
    return word == "--from" || word.starts_with("--from=");
  });
}

}  // namespace

std::vector<OptionRow> report_option_rows() {
  static ReportCommand command;
  return report_rows(command);
}

std::vector<OptionRow> diff_option_rows() {
  static StoreQueryOptions store;
  static DiffQuery query;
  return diff_store_rows(store, query);
}

std::vector<OptionRow> inventory_option_rows() {
  static StoreQueryOptions store;
  static InventoryQuery query;
  return inventory_store_rows(store, query);
}

std::optional<Result<int>> run_store_query(int argc, const char* const* argv) {
  const std::string_view command = argv[0];
  if (command == "report") return run_report(argc, argv);
  if (command == "inventory" && reads_store(argc, argv)) return run_inventory(argc, argv);
  if (command == "diff" && reads_store(argc, argv)) return run_diff(argc, argv);
  return std::nullopt;
}

}  // namespace synfin
