// See diff_render.h.
#include "report/diff_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "synfin/report/format.h"
#include "synfin/report/json_writer.h"
#include "synfin/report/text_table.h"
#include "synfin/report/wrap_words.h"

namespace synfin {
namespace {

void write_figures(JsonWriter& json, std::string_view key, const DiffFigures& f, bool present) {
  json.key(key);
  if (!present) return json.null();
  const auto milliseconds = [&json](std::string_view name, Duration d) {
    json.key(name);
    if (d == kNoDuration) return json.null();
    json.value(std::round(static_cast<double>(d.count()) / 1e3) / 1e3);
  };
  json.begin_object();
  json.member("attempts", f.attempts);
  json.member("established", f.established);
  json.member("failed", f.failed);
  json.key("bytes");
  f.bytes ? json.value(*f.bytes) : json.null();
  if (!f.cause.empty()) json.member("cause", std::string_view{f.cause});
  json.key("synack_rtt_ms").begin_object();
  milliseconds("p50", f.p50);
  milliseconds("p99", f.p99);
  json.member("samples", f.samples);
  json.end_object();
  json.end_object();
}

void write_row(JsonWriter& json, const DiffRow& row) {
  json.begin_object();
  json.member("kind", to_string(row.kind));
  json.member("change", to_string(row.change));
  if (row.kind == DiffKind::Edge) json.member("orig", std::string_view{originator_text(*row.key)});
  if (row.key) {
    json.member("resp", std::string_view{row.key->resp.to_string()});
    json.member("port", std::uint64_t{row.key->port});
  }
  if (row.host) json.member("host", std::string_view{row.host->to_string()});
  const bool has_figures = row.before.attempts + row.after.attempts != 0;
  if (row.kind == DiffKind::Edge || row.kind == DiffKind::Volume || has_figures) {
    write_figures(json, "before", row.before, row.change != DiffChange::New);
    write_figures(json, "after", row.after, row.change != DiffChange::Gone);
  }
  if (!row.evidence.empty()) json.member("evidence", std::string_view{row.evidence});
  if (!row.proven) json.member("proven", false);
  json.end_object();
}

Tone tone_of(DiffChange change) {
  switch (change) {
    case DiffChange::New:
    case DiffChange::Working:
      return Tone::Good;
    case DiffChange::Gone:
    case DiffChange::Failing:
    case DiffChange::Slower:
      return Tone::Bad;
    default:
      return Tone::Accent;
  }
}

std::string service_text(const Endpoint& service, PortNames& ports) {
  std::string text = endpoint_text(service);
  const std::string_view name = ports.name(service.port);
  return name.empty() ? text : fmt::format("{} {}", text, name);
}

std::string span_text(const DiffSide& side, Zone zone) {
  std::string records = plural(side.records, "connection", "connections");
  const auto lacks_bytes = [](const auto& pair) { return !pair.second.knows_bytes; };
  if (std::any_of(side.pairs.begin(), side.pairs.end(), lacks_bytes))
    records += " without byte counts";
  if (!side.first || !side.last) return records;
  return fmt::format("{}, from {} for {}", records, format_moment(*side.first, zone),
                     format_human(std::max(side.span(), Duration{})));
}

Table inputs_table(const DiffSide& before, const DiffSide& after, Zone zone) {
  Table table{.key = "inputs",
              .title = {},
              .note = {},
              .columns = {{"side", "", Align::Left},
                          {"input", "", Align::Left},
                          {"content", "", Align::Left}},
              .rows = {}};
  for (const auto& [name, side] : {std::pair{"before", &before}, {"after", &after}}) {
    table.rows.push_back({text_cell(name, Tone::Dim), text_cell(side->name),
                          text_cell(span_text(*side, zone), Tone::Dim)});
  }
  return table;
}

std::string_view title_of(DiffKind kind) {
  switch (kind) {
    case DiffKind::Edge:
      return "Who talks to whom";
    case DiffKind::Host:
      return "Hosts";
    case DiffKind::Service:
      return "Services";
    case DiffKind::Volume:
      return "Volume";
  }
  return {};
}

std::string_view key_of(DiffKind kind) {
  static constexpr std::string_view kKeys[] = {"edges", "hosts", "services", "volumes"};
  return kKeys[static_cast<std::size_t>(kind)];
}

/// The cells of a row, up to the evidence.
std::vector<Cell> subject_cells(const DiffRow& row, PortNames& ports) {
  std::vector<Cell> cells{text_cell(to_string(row.change), tone_of(row.change))};
  if (row.kind == DiffKind::Edge) cells.push_back(text_cell(originator_text(*row.key)));
  cells.push_back(text_cell(row.kind == DiffKind::Host
                                ? row.host->to_string()
                                : service_text({row.key->resp, row.key->port}, ports)));
  return cells;
}

/// The columns that the cells before the last one leave to it, in a terminal of `width`.
std::size_t evidence_room(const Table& table, std::size_t width) {
  constexpr std::size_t kIndent = 2, kGap = 2, kMinRoom = 16;
  std::size_t used = kIndent;
  for (std::size_t c = 0; c + 1 < table.columns.size(); ++c) {
    std::size_t widest = table.columns[c].title.size();
    for (const auto& row : table.rows) widest = std::max(widest, columns_of(row[c].text));
    used += widest + kGap;
  }
  return std::max(kMinRoom, width - std::min(width, used));
}

/// Continues evidence that is too long in further rows, in which the other cells are empty.
void wrap_evidence(Table& table, std::size_t width) {
  const std::size_t room = evidence_room(table, width);
  std::vector<std::vector<Cell>> rows;
  for (std::vector<Cell>& row : table.rows) {
    const Tone tone = row.back().tone;
    const std::vector<std::string> lines = wrap_words(row.back().text, room);
    row.back().text = lines.front();
    const std::size_t cells = row.size();
    rows.push_back(std::move(row));
    for (std::size_t i = 1; i < lines.size(); ++i) {
      rows.emplace_back(cells);
      rows.back().back() = text_cell(lines[i], tone);
    }
  }
  table.rows = std::move(rows);
}

Table rows_table(const Diff& diff, DiffKind kind, PortNames& ports, std::size_t width) {
  Table table{.key = key_of(kind),
              .title = std::string(title_of(kind)),
              .note = {},
              .columns = {{"change", "Change", Align::Left, -1}},
              .rows = {}};
  const bool edges = kind == DiffKind::Edge, hosts = kind == DiffKind::Host;
  if (edges) table.columns.push_back({"orig", "Originator", Align::Left, -1});
  table.columns.push_back({"subject",
                           hosts   ? "Host"
                           : edges ? "Responder"
                                   : "Service",
                           Align::Left, -1});
  const bool evidence = std::any_of(diff.rows.begin(), diff.rows.end(), [kind](const DiffRow& row) {
    return row.kind == kind && !row.evidence.empty();
  });
  if (evidence) table.columns.push_back({"evidence", "Evidence", Align::Left, -1});
  for (const DiffRow& row : diff.rows) {
    if (row.kind != kind) continue;
    std::vector<Cell> cells = subject_cells(row, ports);
    if (evidence) cells.push_back(text_cell(row.evidence, Tone::Dim));
    table.rows.push_back(std::move(cells));
  }
  table.title += fmt::format(": {}", plural(table.rows.size(), "difference", "differences"));
  if (evidence && width != 0) wrap_evidence(table, width);
  return table;
}

}  // namespace

std::string render_diff_json(const Diff& diff) {
  std::string out;
  for (const DiffRow& row : diff.rows) {
    JsonWriter json(out);
    write_row(json, row);
    out += '\n';
  }
  for (const std::string& note : diff.notes) {
    JsonWriter json(out);
    json.begin_object();
    json.member("kind", "note");
    json.member("text", std::string_view{note});
    json.end_object();
    out += '\n';
  }
  return out;
}

Document describe_diff(const Diff& diff, const DiffSide& before, const DiffSide& after,
                       PortNames& ports, const RenderOptions& options) {
  Document document{.title = "synfin diff", .tables = {}};
  document.tables.push_back(inputs_table(before, after, options.zone));
  for (const DiffKind kind :
       {DiffKind::Edge, DiffKind::Service, DiffKind::Host, DiffKind::Volume}) {
    Table table = rows_table(diff, kind, ports, options.width);
    if (!table.rows.empty()) document.tables.push_back(std::move(table));
  }
  if (diff.rows.empty()) {
    document.tables.push_back({.key = "result",
                               .title = {},
                               .note = "No difference in " + plural(diff.pairs, "pair", "pairs") +
                                       " of originator and service" +
                                       (diff.undecided == 0 ? "." : " that could be compared."),
                               .columns = {},
                               .rows = {}});
  }
  for (const std::string& note : diff.notes)
    document.tables.push_back(
        {.key = "note", .title = {}, .note = "Note: " + note + ".", .columns = {}, .rows = {}});
  return document;
}

}  // namespace synfin
