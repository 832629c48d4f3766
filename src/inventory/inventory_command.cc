// See inventory_command.h.
#include "synfin/inventory/inventory_command.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "inventory/inventory_json.h"
#include "inventory/port_ranges.h"
#include "inventory/state_store.h"
#include "synfin/base/cidr.h"
#include "synfin/base/edit_distance.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/output_file.h"
#include "synfin/base/print_text.h"
#include "synfin/base/wall_clock.h"
#include "synfin/cli/file_conflict.h"
#include "synfin/cli/option_parser.h"
#include "synfin/cli/time_text.h"
#include "synfin/inventory/inventory_tables.h"
#include "synfin/report/format.h"
#include "synfin/report/render.h"

namespace synfin {
namespace {

constexpr std::string_view kCommand = "synfin inventory";
constexpr std::string_view kHead =
    "Prints the hosts and ports that a state file of synfin (--state) has.\n\n"
    "Usage: synfin inventory [OPTIONS] [HOST|CIDR]\n"
    "       synfin inventory [OPTIONS] --changes [SINCE]\n"
    "       synfin inventory [OPTIONS] accept\n"
    "       synfin inventory --from URL [OPTIONS] [HOST|CIDR]\n\n"
    "Without HOST, a row for each host; with HOST, CIDR or --port, a row for each\n"
    "port. accept prints what is open now as a file for --expect. The state file can\n"
    "be read while another synfin writes it. --from URL --help lists the options for\n"
    "a store.\n";
constexpr std::string_view kFoot = "\nMore: man synfin-inventory.\n";

/// "2h" is a time before now, other texts are points in time.
std::optional<Timestamp> parse_since(const std::string& text, Zone zone) {
  const bool ago = !text.empty() && std::string_view("smhd").find(text.back()) != text.npos;
  const auto duration = ago ? parse_duration(text) : std::nullopt;
  if (duration) return wall_clock() - *duration;
  return parse_time(text, zone);
}

/// Adds what only programs read: a port's state after each change, and whether it was an alert.
void append_state_and_alert(Table& table, const std::vector<Change>& changes) {
  table.columns.push_back({.key = "state", .title = "State"});
  table.columns.push_back({.key = "alert", .title = "Alert"});
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    table.rows[i].push_back(is_about_host(change.kind) ? Cell{}
                                                       : text_cell(to_string(change.port.state)));
    table.rows[i].push_back(text_cell(change.alert ? "true" : "false"));
  }
}

/// What the name of the output chooses; empty if it names a format that the command has not.
std::string format_by_name(const std::string& output) {
  const ReportFormat named = report_format_of(output);
  if (named == ReportFormat::Json) return "json";
  if (named == ReportFormat::Csv) return "csv";
  if (named == ReportFormat::Html) return "html";
  return named == ReportFormat::Markdown || has_unknown_extension(output) ? "" : "text";
}

class InventoryCommand {
 public:
  InventoryCommand(InventoryQuery query, InventorySource source)
      : query_(std::move(query)),
        source_(std::move(source)),
        inventory_({.max_hosts = SIZE_MAX, .watch = nullptr, .expect = nullptr}, {}) {}

  Status read_words(const std::vector<std::string>& words);
  Status choose_format();
  Status run();

 private:
  Zone zone() const { return query_.utc ? Zone::Utc : Zone::Local; }
  bool selects(const Address& ip) const {
    return !selection_.block || selection_.block->contains(ip);
  }
  bool selects_port(std::uint16_t port) const {
    const auto& ports = query_.ports;
    return ports.empty() || std::find(ports.begin(), ports.end(), port) != ports.end();
  }
  bool has_selected_port(const HostEntry& host) const;
  std::vector<const HostEntry*> selected_hosts() const;
  std::string title_of(std::span<const HostEntry* const> hosts) const;
  Status list_hosts(std::string& out);
  Status list_changes(std::string& out);
  Status accept(std::string& out);
  Status load();
  void note_left_out(std::uint64_t ports, std::uint64_t changes);
  void append_left_out(std::string& out) const;
  void render(Table table, std::string& out) const;

  InventoryQuery query_;
  InventorySource source_;
  InventorySelection selection_;
  bool accepts_ = false;
  std::string left_out_;       ///< a sentence; empty if everything is printed
  std::string left_out_json_;  ///< "{\"ports\":3}"
  Inventory inventory_;
  mutable PortNames names_;
};

Status InventoryCommand::read_words(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "accept" || word == "list") {
      accepts_ = word == "accept";
    } else if (const auto block = Cidr::parse(word)) {
      if (selection_.block) return wrong_command(kCommand, "inventory takes one HOST or CIDR");
      selection_.block = block;
    } else if (const auto since = parse_since(word, zone()); since && query_.changes) {
      if (selection_.since) return wrong_command(kCommand, "--changes takes one SINCE");
      selection_.since = since;
    } else {
      const bool accept = edit_distance("accept", word) <= 2;
      return wrong_command(
          kCommand,
          fmt::format("'{}' is not an address or CIDR block{}{}", word,
                      query_.changes ? " and not a time such as 2h or 2026-03-01T14:30:00Z" : "",
                      accept ? "; did you mean accept?" : ""));
    }
  }
  return Ok{};
}

/// Call read_words() first.
Status InventoryCommand::choose_format() {
  if (accepts_) {
    if (query_.changes)
      return wrong_command(kCommand, "accept prints what is open, so it takes no --changes");
    if (!query_.format.empty() && query_.format != "text")
      return wrong_command(kCommand, "accept writes a list for --expect, so it takes no --format");
    return Ok{};
  }
  if (query_.format.empty()) query_.format = format_by_name(query_.output);
  if (!query_.format.empty()) return Ok{};
  return usage_error(fmt::format(
      "-o {}: inventory writes text, json, csv and html; choose one with --format", query_.output));
}

bool InventoryCommand::has_selected_port(const HostEntry& host) const {
  if (query_.ports.empty()) return true;
  return std::any_of(host.ports.begin(), host.ports.end(),
                     [&](const PortEntry& port) { return selects_port(port.port()); }) ||
         !more_open_ports(host, query_.ports).empty();
}

std::vector<const HostEntry*> InventoryCommand::selected_hosts() const {
  std::vector<const HostEntry*> hosts;
  for (const HostEntry& host : inventory_.table().hosts()) {
    if (!host.is_empty() && selects(host.ip) && has_selected_port(host)) hosts.push_back(&host);
  }
  std::sort(hosts.begin(), hosts.end(),
            [](const HostEntry* a, const HostEntry* b) { return a->ip < b->ip; });
  return hosts;
}

void InventoryCommand::render(Table table, std::string& out) const {
  if (query_.format == "csv") {
    out += render_csv_table(table).text;
    return;
  }
  if (!left_out_.empty()) {
    table.note = left_out_;
    table.note_tone = Tone::Bad;
  } else if (table.rows.empty() && table.note.empty()) {
    table.note = "nothing matches";
  }
  Document document;
  document.title = "Inventory";
  document.tables.push_back(std::move(table));
  if (query_.format == "html") {
    out += render_html(document);
    return;
  }
  RenderOptions render;
  winsize size{};
  const bool terminal = query_.output == "-" && isatty(STDOUT_FILENO) == 1;
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) render.width = size.ws_col;
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread exists
  const char* const no_color = std::getenv("NO_COLOR");
  render.color = terminal && (no_color == nullptr || *no_color == '\0');
  render.unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  // NOLINTEND(concurrency-mt-unsafe)
  render.zone = zone();
  out += render_text(document, render);
}

std::string InventoryCommand::title_of(std::span<const HostEntry* const> hosts) const {
  std::uint64_t ports = 0, with_ports = 0;
  for (const HostEntry* host : hosts) {
    const auto open = std::count_if(host->ports.begin(), host->ports.end(), [&](const auto& port) {
      return port.state == PortState::Open && selects_port(port.port());
    });
    const std::uint64_t all =
        static_cast<std::uint64_t>(open) + more_open_ports(*host, query_.ports).size();
    ports += all;
    with_ports += all != 0;
  }
  return open_ports_title(ports, with_ports, hosts.size());
}

/// The state file has no limit, so the sentence names options for a store.
void InventoryCommand::note_left_out(std::uint64_t ports, std::uint64_t changes) {
  if (ports + changes == 0) return;
  left_out_ = fmt::format(
      "{} not printed, because there are too many: select fewer with HOST, {}--since or --until",
      ports != 0 ? plural(ports, "port is", "ports are")
                 : plural(changes, "older change is", "older changes are"),
      ports != 0 ? "--port, --net, " : "");
  left_out_json_ = ports != 0 ? fmt::format("{{\"ports\":{}}}", ports)
                              : fmt::format("{{\"changes\":{}}}", changes);
}

void InventoryCommand::append_left_out(std::string& out) const {
  if (!left_out_.empty()) out += fmt::format("{{\"left_out\":{}}}\n", left_out_json_);
}

Status InventoryCommand::load() {
  const auto left_out = source_.load(inventory_, selection_);
  if (!left_out) return left_out.error();
  note_left_out(*left_out, 0);
  return Ok{};
}

Status InventoryCommand::list_hosts(std::string& out) {
  if (const Status loaded = load(); !loaded) return loaded;
  const auto hosts = selected_hosts();
  const auto name = [this](std::uint16_t port) { return names_.name(port); };
  if (query_.format == "json") {
    for (const HostEntry* host : hosts) append_host_json(out, inventory_, *host, query_.ports);
    append_left_out(out);
    return Ok{};
  }
  const bool by_port = selection_.block || !query_.ports.empty() || query_.format == "csv";
  Table table = by_port ? ports_table(inventory_, hosts, query_.ports, name, zone())
                        : hosts_table(inventory_, hosts, name, zone());
  if (query_.format != "csv" && !hosts.empty()) table.title = title_of(hosts);
  render(std::move(table), out);
  return Ok{};
}

Status InventoryCommand::list_changes(std::string& out) {
  auto selected = source_.changes(selection_);
  if (!selected) return selected.error();
  note_left_out(0, selected->left_out);
  std::vector<Change>& changes = selected->changes;
  std::erase_if(changes, [this](const Change& change) {
    const bool any_port =
        std::any_of(change.ports.begin(), change.ports.end(),
                    [this](const PortSummary& p) { return selects_port(p.port); });
    const bool port = is_about_host(change.kind) ? any_port : selects_port(change.port.port);
    return !selects(change.host.ip) || !port;
  });
  for (Change& change : changes) {
    change.port.name = names_.name(change.port.port);
    for (PortSummary& port : change.ports) port.name = names_.name(port.port);
    if (query_.format == "json") append_change_json(out, change);
  }
  if (query_.format == "json") {
    append_left_out(out);
    return Ok{};
  }
  ChangesTable rows(zone());
  for (const Change& change : changes) rows.add(change);
  Table table = rows.take();
  if (query_.format == "csv") {
    append_state_and_alert(table, changes);
  } else {
    table.title = plural(changes.size(), "change", "changes");
  }
  render(std::move(table), out);
  return Ok{};
}

/// The open ports as lines of a file for --expect.
Status InventoryCommand::accept(std::string& out) {
  if (const Status loaded = load(); !loaded) return loaded;
  out += "# What was open at " + format_rfc3339(wall_clock()).substr(0, 19) +
         "Z. For --expect: hosts, and the ports that are meant to be open.\n";
  if (!left_out_.empty()) out += "# " + left_out_ + ".\n";
  for (const HostEntry* host : selected_hosts()) {
    PortRanges open = more_open_ports(*host, query_.ports);
    for (const PortEntry& port : host->ports) {
      if (port.state == PortState::Open && selects_port(port.port())) open.insert(port.port());
    }
    if (!open.empty()) out += fmt::format("{} {}\n", host->ip.to_string(), open.to_string());
  }
  return Ok{};
}

Status InventoryCommand::run() {
  auto file = OutputFile::open(query_.output, OutputMode::Replace);
  if (!file) return file.error();
  const Status done = accepts_         ? accept(file->buffer())
                      : query_.changes ? list_changes(file->buffer())
                                       : list_hosts(file->buffer());
  if (!done) return done;
  file->commit();
  if (const Status written = file->close(); !written) return written;
  if (!left_out_.empty()) return Error{left_out_};
  return Ok{};
}

}  // namespace

std::vector<OptionRow> inventory_query_rows(InventoryQuery& q) {
  constexpr std::string_view group = "Options";
  return {
      {group, "--state", "the state file (default: /var/lib/synfin/state.db)",
       text("FILE", q.state, Completion::File)},
      {group, "--port", "only these ports: 80 or 80,443", port_list("P[,P]", q.ports)},
      {group, "--changes", "changes instead of hosts, oldest first; SINCE is 2h or a time",
       flag(q.changes)},
      {group, "--format", "{} (default: by the name of -o, else text); json is one object per line",
       choice<std::string>("FORMAT", q.format,
                           {{"text", "text"}, {"json", "json"}, {"csv", "csv"}, {"html", "html"}})},
      {group, "-o,--output", "write to FILE", text("FILE", q.output, Completion::File)},
      {group, "--utc", "print times in UTC instead of local time", flag(q.utc)},
      {group, "--sandbox", "limit system calls and files: {} (default: auto)",
       choice<std::string>("MODE", q.sandbox,
                           {{"auto", "auto"}, {"strict", "strict"}, {"off", "off"}})},
      {group, "-h,--help", "print this help and exit", flag(q.help)},
  };
}

Status run_inventory_query(InventoryQuery query, const std::vector<std::string>& words,
                           const InventorySource& source) {
  InventoryCommand command(std::move(query), source);
  if (const Status read = command.read_words(words); !read) return read;
  if (const Status chosen = command.choose_format(); !chosen) return chosen;
  return command.run();
}

Status run_inventory_command(int argc, const char* const* argv, const ConfineInventory& confine) {
  InventoryQuery query;
  const std::vector<OptionRow> table = inventory_query_rows(query);
  const auto words = parse_command(kCommand, table, argc, argv);
  if (!words) return words.error();
  if (query.help) {
    const auto printed = print_text(help_text(table, kHead, kFoot));
    if (!printed) return printed.error();
    return Ok{};
  }
  const std::string conflict =
      file_conflict({{"--output", query.output}}, {{"--state", query.state},
                                                   {"--state", query.state + "-wal"},
                                                   {"--state", query.state + "-shm"}});
  if (!conflict.empty()) return usage_error(conflict);
  std::unique_ptr<Helpers> helper;  // outlives the output file
  const int absent = access(query.state.c_str(), F_OK) == 0 ? 0 : errno;
  if (confine && absent == 0) {
    auto confined = confine(query);
    if (!confined) return confined.error();
    helper = std::move(*confined);
  }
  // Opened by the first question, so that a wrong word is reported before a wrong file.
  std::optional<Database> database;
  const auto opened = [&database, absent, path = query.state]() -> Status {
    if (absent == ENOENT) {
      return Error{fmt::format(
          "no state file {} exists: name one with --state FILE; a run with --state FILE writes it",
          path)};
    }
    if (absent != 0) return Error{fmt::format("state file {}: {}", path, errno_text(absent))};
    auto file = Database::open(path, DatabaseAccess::Read);
    if (!file) return file.error();
    database.emplace(std::move(*file));
    return Ok{};
  };
  return run_inventory_query(
      std::move(query), *words,
      {.load = [&](Inventory& inventory, const InventorySelection&) -> Result<std::uint64_t> {
         if (const Status found = opened(); !found) return found.error();
         const auto figures = load_state(*database, inventory);
         if (!figures) return figures.error();
         return std::uint64_t{0};
       },
       .changes = [&](const InventorySelection& selection) -> Result<SelectedChanges> {
         if (const Status found = opened(); !found) return found.error();
         auto changes = read_changes(*database, {.since = selection.since});
         if (!changes) return changes.error();
         return SelectedChanges{std::move(*changes)};
       }});
}

}  // namespace synfin
