// PathReport → Document. See render_path.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "path/findings.h"
#include "path/render_path.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

Table properties(std::string_view key, std::string title) {
  Table table;
  table.key = key;
  table.title = std::move(title);
  table.columns = {{.key = "name", .title = {}}, {.key = "value", .title = {}, .shrinks = true}};
  return table;
}

std::string matched_words(const PathReport& report) {
  constexpr std::array<std::string_view, 3> kBasis{"addresses, ports and sequence numbers",
                                                   "sequence numbers, through NAT",
                                                   "bytes and times, with other sequence numbers"};
  std::string text = plural(report.paired(), "connection", "connections");
  std::string separator = ": ";
  for (std::size_t i = 0; i < kBasis.size(); ++i) {
    if (report.pairs[i] == 0) continue;
    if (report.pairs[i] == report.paired()) return fmt::format("{} by {}", text, kBasis[i]);
    text += fmt::format("{}{} by {}", separator, with_separators(report.pairs[i]), kBasis[i]);
    separator = ", ";
  }
  return text;
}

std::string compared_words(const PathReport& report, Zone zone) {
  if (!report.overlap) return "nothing: the captures have no time in common";
  return fmt::format("{}, by the clock of {}",
                     span_text(report.overlap->begin, report.overlap->end, zone),
                     short_name(report, kClient));
}

Table describe_comparison(const PathReport& report, Zone zone) {
  Table table = properties("path", {});
  const auto add = [&table](std::string_view name, std::string value) {
    table.rows.push_back({text_cell(name), text_cell(value)});
  };
  for (const Point point : {kClient, kServer}) {
    add(point == kClient ? "client" : "server",
        fmt::format("{}: {}, {}", short_name(report, point),
                    plural(report.segments[point], "TCP packet", "TCP packets"),
                    plural(report.connections[point], "connection", "connections")));
  }
  add("matched", matched_words(report));
  add("compared", compared_words(report, zone));
  add("clock", clock_sentence(report));
  for (const PathNote& note : notes_of(report)) add("note", note.text);
  return table;
}

Table describe_findings(const PathReport& report, Zone zone) {
  Table table = properties("findings", "What differs");
  for (const Finding& finding : findings_of(report, zone)) {
    const bool bad = finding.group == "lost" || finding.group == "reset";
    table.rows.push_back(
        {text_cell(finding.group, bad ? Tone::Bad : Tone::Accent), text_cell(finding.text)});
  }
  if (table.rows.empty())
    table.note = report.overlap && report.compared()
                     ? "Nothing: all that was sent arrived as it was."
                     : "Nothing could be compared.";
  return table;
}

std::string hops_words(const WayTotals& totals) {
  if (!totals.min_hops) return "";
  return *totals.min_hops == totals.max_hops
             ? fmt::format("{}", totals.max_hops)
             : fmt::format("{} to {}", *totals.min_hops, totals.max_hops);
}

Table describe_delays(const PathReport& report) {
  Table table;
  table.key = "delays";
  table.title = report.clock.basis == ClockBasis::OneWay ? "Delay above the shortest" : "Delay";
  table.columns = {{.key = "way", .title = "Direction"},
                   {.key = "p50", .title = "p50", .align = Align::Right},
                   {.key = "p99", .title = "p99", .align = Align::Right},
                   {.key = "max", .title = "Max", .align = Align::Right},
                   {.key = "packets", .title = "Packets", .align = Align::Right},
                   {.key = "routers", .title = "TTL steps", .align = Align::Right}};
  for (const Way way : {kToServer, kToClient}) {
    const DelayFigures& d = report.delay[way];
    if (d.samples == 0) continue;
    table.rows.push_back({text_cell(way_words(way)), text_cell(signed_human(d.p50)),
                          text_cell(signed_human(d.p99)), text_cell(signed_human(d.max)),
                          count_cell(d.samples), text_cell(hops_words(report.way[way]))});
  }
  return table;
}

/// The arrows of a terminal without UTF-8.
void make_ascii(std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWords{
      {{"→", "->"}, {"←", "<-"}, {"±", "+/-"}}};
  for (const auto& [from, to] : kWords) {
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
      text.replace(at, from.size(), to);
  }
}

void make_ascii(Document& document) {
  make_ascii(document.title);
  for (Table& table : document.tables) {
    make_ascii(table.title);
    make_ascii(table.note);
    for (Column& column : table.columns) {
      if (column.title == "Lost →") column.title = "Lost ->";
      if (column.title == "Lost ←") column.title = "Lost <-";
      if (column.title == "p50 →") column.title = "p50 ->";
      if (column.title == "p50 ←") column.title = "p50 <-";
    }
    for (auto& row : table.rows) {
      for (Cell& cell : row) make_ascii(cell.text);
    }
  }
}

Table connection_table(std::string_view key, std::string title) {
  Table table;
  table.key = key;
  table.title = std::move(title);
  table.columns = {
      {.key = "orig", .title = "Originator", .shrinks = true, .min_width = 18},
      {.key = "resp", .title = "Responder", .shrinks = true, .min_width = 18},
      {.key = "lost_to_server", .title = "Lost →", .align = Align::Right, .rank = 1},
      {.key = "lost_to_client", .title = "Lost ←", .align = Align::Right, .rank = 1},
      {.key = "delay_to_server", .title = "p50 →", .align = Align::Right, .rank = 3},
      {.key = "delay_to_client", .title = "p50 ←", .align = Align::Right, .rank = 3},
      {.key = "what", .title = "What", .shrinks = true, .by_end = true, .min_width = 30}};
  return table;
}

/// The connections with most losses and resets first; the order of the capture otherwise.
std::vector<const PathConnection*> worst_first(const PathReport& report) {
  std::vector<const PathConnection*> order;
  for (const PathConnection& c : report.shown) order.push_back(&c);
  const auto weight = [](const PathConnection& c) {
    std::uint64_t sum = 0;
    for (const WayResult& w : c.way)
      sum += w.all_lost() + 1'000'000 * (w.never_arrived + w.appeared[kRstSegment]);
    return sum;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto* a, const auto* b) { return weight(*a) > weight(*b); });
  return order;
}

void note_rest(Table& table, std::size_t rows, std::uint64_t all) {
  if (all > rows)
    table.note =
        fmt::format("{} of {}; --rows and --format json show more", rows, with_separators(all));
}

Table describe_connections(const PathReport& report, std::size_t rows) {
  Table table = connection_table("connections", "Connections that differ");
  for (const PathConnection* c : worst_first(report)) {
    if (table.rows.size() == rows) break;
    const auto delay = [&](Way way) {
      return text_cell(c->delay[way].samples == 0 ? "" : signed_human(c->delay[way].p50));
    };
    const FiveTuple& tuple = c->tuple[kClient];
    table.rows.push_back({text_cell(endpoint_text(tuple.orig)),
                          text_cell(endpoint_text(tuple.resp)),
                          sparse_cell(c->way[kToServer].all_lost(), Tone::Bad),
                          sparse_cell(c->way[kToClient].all_lost(), Tone::Bad), delay(kToServer),
                          delay(kToClient), text_cell(summary_of(*c))});
  }
  note_rest(table, table.rows.size(), report.differing);
  return table;
}

Table describe_lone(const PathReport& report, std::size_t rows) {
  Table table;
  table.key = "lone";
  table.title = "Connections in one capture only";
  table.columns = {{.key = "file", .title = "Capture", .rank = 1, .shrinks = true},
                   {.key = "orig", .title = "Originator", .shrinks = true, .min_width = 18},
                   {.key = "resp", .title = "Responder", .shrinks = true, .min_width = 18},
                   {.key = "packets", .title = "Packets", .align = Align::Right},
                   {.key = "what", .title = "What", .shrinks = true, .by_end = true}};
  for (const LoneConnection& c : report.lone) {
    if (table.rows.size() == rows) break;
    table.rows.push_back(
        {text_cell(short_name(report, c.point)), text_cell(endpoint_text(c.tuple.orig)),
         text_cell(endpoint_text(c.tuple.resp)), count_cell(c.segments), text_cell(summary_of(c))});
  }
  note_rest(table, table.rows.size(), report.lone.size());
  return table;
}

}  // namespace

Document describe_path(const PathReport& report, std::size_t rows, const RenderOptions& options) {
  Document document;
  document.title = fmt::format("{} → {}", short_name(report, kClient), short_name(report, kServer));
  document.tables.push_back(describe_findings(report, options.zone));
  document.tables.push_back(describe_comparison(report, options.zone));
  document.tables.back().title = "What was compared";
  for (Table table :
       {describe_delays(report), describe_connections(report, rows), describe_lone(report, rows)}) {
    if (!table.rows.empty()) document.tables.push_back(std::move(table));
  }
  if (!options.unicode) make_ascii(document);
  return document;
}

}  // namespace synfin
