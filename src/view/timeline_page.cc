// TimelineView's pages: on paper, on the screen, in a report. See timeline_view.h.
#include <fmt/format.h>

#include <algorithm>

#include "synfin/report/format.h"
#include "synfin/view/timeline_view.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

/// Columns of symbols where nothing says how wide the paper is.
constexpr std::size_t kPaperColumns = 60;
/// What stands beside the symbols in a row that has room for little else.
constexpr std::size_t kBeside = 34;
constexpr std::size_t kWideBeside = 74;
constexpr std::size_t kFewestColumns = 10;
constexpr std::size_t kMostColumns = 20'000;
constexpr std::size_t kTop = 10;

constexpr std::array<std::string_view, 4> kOrders{"latest", "first seen", "active", "address"};
enum Order : std::size_t { kByLatest, kByFirst, kByActive, kByAddress };

/// Of the symbols, in `width` columns.
std::size_t room(std::size_t width) {
  const std::size_t beside = width >= 120 ? kWideBeside : kBeside;
  return width > beside + kFewestColumns ? width - beside : kFewestColumns;
}

}  // namespace

/// With -t a column is a unit, and the latest are shown; else the whole time is folded into what
/// fits. A live screen shows the latest.
TimelineView::Columns TimelineView::columns(const ViewRequest& request) const {
  Columns c;
  if (!first_unit_) return c;
  const std::int64_t end =
      std::max(last_unit_, request.now == Timestamp{} ? last_unit_ : unit_of(request.now)) + 1;
  const std::int64_t units = end - *first_unit_;
  const bool fixed = options_.unit || options_.live;
  const std::size_t fits = request.width != 0 ? room(request.width)
                           : fixed            ? kMostColumns
                                              : kPaperColumns;
  if (!fixed)
    c.per = (units + static_cast<std::int64_t>(fits) - 1) / static_cast<std::int64_t>(fits);
  const std::int64_t wanted = (units + c.per - 1) / c.per;
  c.count =
      static_cast<std::size_t>(std::min<std::int64_t>(wanted, static_cast<std::int64_t>(fits)));
  c.begin = fixed ? end - static_cast<std::int64_t>(c.count) : *first_unit_;
  return c;
}

std::string TimelineView::symbols(const SymbolRuns& runs, const Columns& columns, Symbol after,
                                  const ViewRequest& request) const {
  std::string text;
  const std::int64_t now = std::max(last_unit_, unit_of(request.now)) + 1;
  for (std::size_t i = 0; i < columns.count; ++i) {
    const std::int64_t begin = columns.begin + static_cast<std::int64_t>(i) * columns.per;
    text += to_string(runs.seen(begin, std::min(begin + columns.per, now), after), request.unicode);
  }
  return text;
}

std::string TimelineView::ports_text(const Entry& entry, Lookup& lookup) const {
  std::string text;
  for (const std::uint16_t port : entry.ports) {
    if (port != 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", port);
  }
  if (entry.more_ports) text += ", ...";
  const std::string_view name = lookup.port_name(entry.ports[0]);
  if (entry.ports[1] == 0 && !name.empty()) text += fmt::format(" {}", name);
  return text;
}

std::string TimelineView::state_text(const Entry& entry) const {
  const auto counted = [](Phase phase, std::uint32_t n) {
    return n == 1 ? std::string{to_string(phase)}
                  : fmt::format("{} {}", to_string(phase), with_separators(n));
  };
  if (entry.open > entry.asking) return counted(Phase::Established, entry.open - entry.asking);
  if (entry.open != 0) return counted(Phase::SynSent, entry.open);
  return std::string{to_string(entry.outcome)};
}

std::vector<Cell> TimelineView::row(const Entry& e, const Columns& columns,
                                    const ViewRequest& request, Lookup& lookup) const {
  auto about = about_cells(lookup.about(e.address));
  const Symbol after = e.open != 0 ? Symbol::Active : Symbol::Nothing;
  const Tone tone = e.open != 0 ? Tone::Good : is_failure(e.outcome) ? Tone::Bad : Tone::Dim;
  return {text_cell(e.address.to_string()),
          text_cell(symbols(runs_[e.runs], columns, after, request), Tone::Symbols),
          text_cell(state_text(e), tone),
          text_cell(ports_text(e, lookup)),
          count_cell(e.connections),
          std::move(about[0]),
          std::move(about[1]),
          std::move(about[2])};
}

/// Ours that listen, under the addresses.
void TimelineView::add_listeners(ViewPage& page, const Columns& columns, const ViewRequest& request,
                                 Lookup& lookup) const {
  std::size_t skip = request.first > page.of ? request.first - page.of : 0;
  for (const auto& [local, runs] : listeners_) {
    RowText text;
    text += endpoint_text(local) + " listen " + std::string{lookup.port_name(local.port)};
    text.fill(text.about.resp, local.address, lookup.about(local.address));
    text.about.resp.port = local.port;
    text.about.states[0] = "listen";
    if (!is_wanted(request, text)) continue;
    ++page.of;
    if (skip != 0) {
      --skip;
      continue;
    }
    if (page.table.rows.size() >= request.count) continue;
    const bool still = runs.end() > last_unit_ - 1;
    page.table.rows.push_back(
        {text_cell(endpoint_text(local), Tone::Dim),
         text_cell(symbols(runs, columns, still ? Symbol::Listening : Symbol::Nothing, request),
                   Tone::Symbols),
         text_cell(still ? "LISTEN" : "closed", Tone::Dim), port_cell(local.port, lookup), Cell{},
         Cell{}, Cell{}, Cell{}});
    page.subjects.push_back(
        {.host = local.address, .peer = {}, .port = local.port, .connection = {}});
  }
}

std::string TimelineView::scale_text(const Columns& columns, const ViewRequest& request) const {
  const Timestamp begin = timestamp_from_ns(columns.begin * unit_ns_);
  const Duration width{columns.per * unit_ns_};
  const std::string from = width < std::chrono::seconds{1} ? format_time_of_day(begin, request.zone)
                                                           : when_cell(begin, request).text;
  return fmt::format(
      "A column is {}, from {}.  {} new {} open {} listening {} ended {} nothing",
      format_human(width), from, to_string(Symbol::New, request.unicode),
      to_string(Symbol::Active, request.unicode), to_string(Symbol::Listening, request.unicode),
      to_string(Symbol::Closed, request.unicode), to_string(Symbol::Nothing, request.unicode));
}

std::span<const std::string_view> TimelineView::orders() const { return kOrders; }

ViewPage TimelineView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const Columns columns = this->columns(request);
  const auto entries = entries_.entries();
  const auto key_of = [&](const Entry& e) -> SortKey {
    const std::uint64_t open = e.open != 0 ? 0 : 1;
    if (request.order == kByFirst) return {ascending(e.first), 0, 0};
    if (request.order == kByActive)
      return {descending(runs_[e.runs].busy()), descending(e.last), 0};
    if (request.order == kByAddress) return ascending(e.address);
    return {open, descending(e.last), 0};
  };
  const auto text_of = [&](const Entry& e, RowText& out) {
    append_address(out, e.address);
    const EndpointAnnotations about = lookup.about(e.address);
    out.fill(out.about.resp, e.address, about);
    out.about.resp.port = e.ports[0];
    out.about.states = {out.keep(state_text(e)), to_string(e.outcome), {}, {}};
    out.about.outcomes = out.about.states[1];
    out += fmt::format("{} {} {} {} {}", ports_text(e, lookup), state_text(e), about.name,
                       about.country, about.as_org);
  };
  const auto shown = [](const Entry& e) { return e.connections != 0; };
  for (const std::uint32_t i : select_rows(entries, request, page.of, shown, key_of, text_of)) {
    page.table.rows.push_back(row(entries[i], columns, request, lookup));
    page.subjects.push_back({.host = entries[i].address, .peer = {}, .port = {}, .connection = {}});
  }
  page.table.title = fmt::format("{}{} remote {}", entries_.replaced() ? "More than " : "",
                                 with_separators(page.of), page.of == 1 ? "address" : "addresses");
  if (first_unit_) page.table.note = scale_text(columns, request);
  add_listeners(page, columns, request, lookup);
  page.table.key = "timeline";
  page.table.columns = {
      {"ip", "Address", Align::Left, 0, true},   {"symbols", "", Align::Left},
      {"state", "State", Align::Left},           {"ports", "Port", Align::Left, 3, true},
      {"connections", "Count", Align::Right, 6}, {"name", "Name", Align::Left, 4, true},
      {"country", "CC", Align::Left, 5},         {"network", "Network", Align::Left, 7, true}};
  return page;
}

Duration TimelineView::active(const Entry& entry, Timestamp now) const {
  const SymbolRuns& runs = runs_[entry.runs];
  std::uint64_t units = runs.busy();
  if (entry.open != 0 && !runs.empty()) {
    units += static_cast<std::uint64_t>(std::max<std::int64_t>(0, unit_of(now) + 1 - runs.end()));
  }
  return Duration{static_cast<std::int64_t>(units) * unit_ns_};
}

std::vector<std::uint32_t> TimelineView::most_active(const ViewRequest& request,
                                                     std::size_t rows) const {
  ViewRequest all = request;
  all.count = rows;
  all.filter = {};
  all.show = nullptr;
  std::size_t of = 0;
  const auto key_of = [&](const Entry& e) -> SortKey {
    return {descending(static_cast<std::uint64_t>(active(e, request.now).count())),
            descending(e.connections), 0};
  };
  return select_rows(
      entries_.entries(), all, of, [](const Entry& e) { return e.connections != 0; }, key_of,
      [](const Entry&, std::string&) {});
}

std::vector<Table> TimelineView::report_tables(const ViewRequest& request, Lookup& lookup,
                                               std::size_t rows) const {
  if (!first_unit_) return {};
  const auto entries = entries_.entries();
  const Timestamp now = std::max(request.now, timestamp_from_ns(last_unit_ * unit_ns_));
  const Duration runtime = std::max(now - start_, Duration{1});
  Table top{.key = "most_active",
            .title = "Most active addresses",
            .note = fmt::format("In {} from {}.", format_human(runtime),
                                moment_text(start_, request.zone)),
            .columns = {{"rank", "", Align::Right},
                        {"ip", "Address", Align::Left, 0, true},
                        {"active", "Connected", Align::Right},
                        {"share", "Of the time", Align::Right},
                        {"connections", "Connections", Align::Right},
                        {"failed", "Failed", Align::Right},
                        {"first_seen", "First", Align::Left, 2},
                        {"last_seen", "Last", Align::Left, 2},
                        {"name", "Name", Align::Left, 1, true},
                        {"country", "CC", Align::Left, 3},
                        {"network", "Network", Align::Left, 3, true}},
            .rows = {}};
  Table full{
      .key = "timelines",
      .title = "Timelines",
      .note = fmt::format("Runs of units of {}: {} new, {} open, {} ended, {} nothing.",
                          format_human(Duration{unit_ns_}), to_string(Symbol::New, request.unicode),
                          to_string(Symbol::Active, request.unicode),
                          to_string(Symbol::Closed, request.unicode),
                          to_string(Symbol::Nothing, request.unicode)),
      .columns = {{"ip", "Address", Align::Left},
                  {"active", "Connected", Align::Right},
                  {"share", "Of the time", Align::Right},
                  {"connections", "Connections", Align::Right},
                  {"first_seen", "From", Align::Left},
                  {"unit", "Unit", Align::Right},
                  {"runs", "Runs", Align::Left}},
      .rows = {}};
  for (const std::uint32_t i : most_active(request, rows)) {
    const Entry& e = entries[i];
    const Duration connected = std::min(active(e, now), runtime);
    SymbolRuns runs = runs_[e.runs];
    if (e.open != 0) runs.extend(unit_of(now) + 1, Symbol::Active);
    const Cell share = share_cell(static_cast<std::uint64_t>(connected.count()),
                                  static_cast<std::uint64_t>(runtime.count()));
    if (top.rows.size() < kTop) {
      auto about = about_cells(lookup.about(e.address));
      top.rows.push_back({count_cell(top.rows.size() + 1, Tone::Dim),
                          text_cell(e.address.to_string()), duration_cell(connected), share,
                          count_cell(e.connections), sparse_cell(e.failed, Tone::Bad),
                          time_cell(e.first, request.zone), time_cell(e.last, request.zone),
                          std::move(about[0]), std::move(about[1]), std::move(about[2])});
    }
    full.rows.push_back({text_cell(e.address.to_string()), duration_cell(connected), share,
                         count_cell(e.connections),
                         time_cell(timestamp_from_ns(runs.begin() * unit_ns_), request.zone),
                         duration_cell(Duration{unit_ns_}),
                         Cell{runs.text(request.unicode), runs.text(false)}});
  }
  return {std::move(top), std::move(full)};
}

}  // namespace synfin
