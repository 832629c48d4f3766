// TimelineView's pages for text, the screen and reports. See timeline_view.h.
#include <fmt/format.h>

#include <algorithm>

#include "synfin/report/format.h"
#include "synfin/report/text_table.h"
#include "synfin/view/timeline_view.h"
#include "view/select_rows.h"
#include "view/state_counts.h"

namespace synfin {
namespace {

/// Symbol columns of a savefile's page if the width is not bounded.
constexpr std::size_t kDefaultColumns = 60;
constexpr std::size_t kMinColumns = 10;
/// If fewer symbol columns than this fit, columns that the user did not request are dropped.
constexpr std::size_t kPreferredColumns = 24;
constexpr std::size_t kMaxColumns = 20'000;
constexpr std::size_t kSymbolsColumn = 1;
/// Terminal columns around the symbols: the indent of printed tables and a gap.
constexpr std::size_t kMargin = 4;
constexpr std::size_t kMaxTopAddresses = 10;
/// The runs of one address in a report. A sender can cause millions.
constexpr std::size_t kMaxReportedRuns = 500;

struct TimelineOrder {
  static constexpr std::array<std::string_view, 4> kNames{"latest", "first seen", "active",
                                                          "address"};
  enum : std::size_t { Latest, First, Active, Address };
};

/// The number of symbol columns that `table`, whose symbol cells are empty, leaves of `width`.
std::size_t symbol_columns(Table table, std::size_t width, bool unicode) {
  table.columns.erase(table.columns.begin() + kSymbolsColumn);
  for (auto& row : table.rows) row.erase(row.begin() + kSymbolsColumn);
  const std::size_t reserved = kMargin + kPreferredColumns;
  const std::size_t budget = width > reserved ? width - reserved : 1;
  const TextTable fitted(table, {.width = budget, .indent = 0, .unicode = unicode});
  const std::size_t used = fitted.width() + kMargin;
  return width > used + kMinColumns ? width - used : kMinColumns;
}

std::int64_t saturating_product(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

/// "▲1 ■4 ×1", or "(120 earlier runs) ▲1 ■4 ×1".
Cell runs_cell(const SymbolRuns& runs, std::size_t earlier, bool unicode) {
  const std::string before =
      earlier == 0 ? "" : fmt::format("({} earlier {}) ", earlier, earlier == 1 ? "run" : "runs");
  return {before + runs.text(unicode), before + runs.text(false)};
}

}  // namespace

struct TimelineView::KernelStates {
  bool known = false;  ///< the capture is live
  std::map<Address, SocketStateCounts> by_remote;

  explicit KernelStates(const HostSockets* host) : known(host != nullptr) {
    if (host == nullptr) return;
    // Of the two sockets of a connection within this host, the one with the lower port counts.
    const auto is_second = [](const SocketInfo& s) { return s.remote < s.local; };
    for (const HostSocket* s : connection_sockets(*host, is_second))
      by_remote[s->remote.address].add(s->state);
  }
};

/// With -t or live, a column is one unit and the latest units are shown. Otherwise the whole time
/// span is folded into the columns that fit.
TimelineView::TimeAxis TimelineView::time_axis(const ViewRequest& request,
                                               const Table& table) const {
  TimeAxis c;
  if (!first_unit_) return c;
  const std::int64_t end =
      std::max(last_unit_, request.now == Timestamp{} ? last_unit_ : unit_of(request.now)) + 1;
  const std::int64_t units = end - *first_unit_;
  const bool fixed = options_.unit || options_.live;
  const std::size_t fits = request.width != 0
                               ? symbol_columns(table, request.width, request.unicode)
                           : fixed ? kMaxColumns
                                   : kDefaultColumns;
  if (!fixed)
    c.per = (units + static_cast<std::int64_t>(fits) - 1) / static_cast<std::int64_t>(fits);
  const std::int64_t wanted = (units + c.per - 1) / c.per;
  c.count =
      static_cast<std::size_t>(std::min<std::int64_t>(wanted, static_cast<std::int64_t>(fits)));
  c.begin = fixed ? end - static_cast<std::int64_t>(c.count) : *first_unit_;
  return c;
}

std::string TimelineView::symbols(const SymbolRow& row, const TimeAxis& axis,
                                  const ViewRequest& request) const {
  std::string text;
  const std::int64_t now = std::max(last_unit_, unit_of(request.now)) + 1;
  for (std::size_t i = 0; i < axis.count; ++i) {
    const std::int64_t begin = axis.begin + static_cast<std::int64_t>(i) * axis.per;
    const std::int64_t end = std::min(begin + axis.per, now);
    text += to_string(runs_[row.runs].seen(begin, end, row.after), request.unicode);
  }
  return text;
}

std::string TimelineView::ports_text(const AddressEntry& entry, Lookup& lookup) const {
  std::string text;
  for (const std::uint16_t port : entry.ports) {
    if (port != 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", port);
  }
  if (entry.more_ports) text += ", ...";
  const std::string_view name = lookup.port_name(entry.ports[0]);
  if (entry.ports[1] == 0 && !name.empty()) text += fmt::format(" {}", name);
  return text;
}

std::string TimelineView::state_text(const AddressEntry& entry, const KernelStates& kernel) const {
  const auto found = kernel.by_remote.find(entry.address);
  const SocketStateCounts none;
  const std::string text =
      !kernel.known || !entry.local
          ? states_text(entry.phases)
          : states_text(entry.phases, found != kernel.by_remote.end() ? found->second : none);
  return text.empty() ? std::string{to_string(entry.outcome)} : text;
}

std::vector<Cell> TimelineView::row(const AddressEntry& e, const KernelStates& kernel,
                                    Lookup& lookup) const {
  auto about = about_cells(lookup.about(e.address));
  const Tone tone = open_of(e.phases) != 0 ? Tone::Good : Tone::Bad;
  return {text_cell(e.address.to_string()),
          {},
          text_cell(state_text(e, kernel), tone),
          text_cell(ports_text(e, lookup)),
          count_cell(e.connections),
          std::move(about[0]),
          std::move(about[1]),
          std::move(about[2])};
}

/// Adds this host's listening sockets below the addresses.
void TimelineView::add_listeners(ViewPage& page, std::vector<SymbolRow>& symbols,
                                 const ViewRequest& request, Lookup& lookup) const {
  std::size_t skip = request.first > page.of ? request.first - page.of : 0;
  for (const auto& [local, number] : listeners_) {
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
    const bool still = runs_[number].end() > last_unit_ - 1;
    page.table.rows.push_back(
        {text_cell(endpoint_text(local)),
         {},
         text_cell(still ? "LISTEN" : "closed", still ? Tone::Listening : Tone::Bad),
         port_cell(local.port, lookup),
         {},
         {},
         {},
         {}});
    symbols.push_back({number, still ? Symbol::Listening : Symbol::Nothing});
    page.targets.push_back(
        {.host = local.address, .peer = {}, .port = local.port, .connection = {}});
  }
}

std::string TimelineView::scale_text(const TimeAxis& axis, const ViewRequest& request) const {
  const Timestamp begin = timestamp_from_ns(saturating_product(axis.begin, unit_ns_));
  const Duration width{saturating_product(axis.per, unit_ns_)};
  const std::string from = width < std::chrono::seconds{1} ? format_time_of_day(begin, request.zone)
                                                           : when_cell(begin, request).text;
  return fmt::format(
      "One column is {}, from {}.  {} new {} open {} listening {} ended {} nothing",
      format_human(width), from, to_string(Symbol::New, request.unicode),
      to_string(Symbol::Active, request.unicode), to_string(Symbol::Listening, request.unicode),
      to_string(Symbol::Closed, request.unicode), to_string(Symbol::Nothing, request.unicode));
}

std::span<const std::string_view> TimelineView::orders() const { return TimelineOrder::kNames; }

ViewPage TimelineView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const KernelStates kernel(request.host);
  const auto entries = entries_.entries();
  const auto key_of = [&](const AddressEntry& e) -> SortKey {
    const std::uint64_t open = open_of(e.phases) != 0 ? 0 : 1;
    if (request.order == TimelineOrder::First) return {ascending(e.first), 0, 0};
    if (request.order == TimelineOrder::Active)
      return {descending(static_cast<std::uint64_t>(active(e, request.now).count())),
              descending(e.last), 0};
    if (request.order == TimelineOrder::Address) return ascending(e.address);
    return {open, descending(e.last), 0};
  };
  const auto text_of = [&](const AddressEntry& e, RowText& out) {
    append_address(out, e.address);
    const EndpointAnnotations about = lookup.about(e.address);
    out.fill(out.about.resp, e.address, about);
    out.about.resp.port = e.ports[0];
    out.about.states = {out.keep(state_text(e, kernel)), to_string(e.outcome), {}, {}};
    out.about.outcomes = out.about.states[1];
    out += fmt::format("{} {} {} {} {}", ports_text(e, lookup), state_text(e, kernel), about.name,
                       about.country, about.as_org);
  };
  const auto shown = [](const AddressEntry& e) { return e.connections != 0; };
  std::vector<SymbolRow> symbol_rows;
  for (const std::uint32_t i : select_rows(entries, request, page.of, shown, key_of, text_of)) {
    const AddressEntry& e = entries[i];
    page.table.rows.push_back(row(e, kernel, lookup));
    symbol_rows.push_back({e.runs, e.connected() ? Symbol::Active : Symbol::Nothing});
    page.targets.push_back({.host = e.address, .peer = {}, .port = {}, .connection = {}});
  }
  page.table.title = fmt::format("{}{} remote {}", entries_.replaced() ? "More than " : "",
                                 with_separators(page.of), page.of == 1 ? "address" : "addresses");
  add_listeners(page, symbol_rows, request, lookup);
  page.table.key = "timeline";
  page.table.columns = {{"ip", "Address", Align::Left, -1, true, false, 15},
                        {"symbols", "", Align::Left, -1},
                        {"state", "State", Align::Left, 0, true, true, 16},
                        {.key = "ports",
                         .title = "Port",
                         .rank = 3,
                         .shrinks = true,
                         .min_width = 9,
                         .is_list = true},
                        {"connections", "Count", Align::Right, 6},
                        {"name", "Name", Align::Left, 2, true, true, 10},
                        {"country", "CC", Align::Left, 5},
                        {"network", "Network", Align::Left, 7, true, true}};
  keep_requested_columns(page.table, request);
  static constexpr SortColumns kByAddress{{"ip"}, false};
  if (request.order == TimelineOrder::Address) mark_sort(page.table, request, kByAddress);
  const TimeAxis axis = time_axis(request, page.table);
  if (first_unit_) page.table.note = scale_text(axis, request);
  for (std::size_t i = 0; i < symbol_rows.size(); ++i)
    page.table.rows[i][kSymbolsColumn] =
        text_cell(symbols(symbol_rows[i], axis, request), Tone::Symbols);
  return page;
}

/// The time in which the address had an established connection.
Duration TimelineView::active(const AddressEntry& entry, Timestamp now) const {
  ConnectedTime time = entry.connected_before;
  if (entry.connected()) time.add(entry.connected_since, now);
  return time.total();
}

/// The time that the timeline covers.
Duration TimelineView::runtime(Timestamp now) const { return std::max(now - start_, Duration{1}); }

AddressShares TimelineView::shares(Timestamp requested) const {
  AddressShares shares{.rows = {}, .replaced = entries_.replaced()};
  const Timestamp now = std::max(requested, end_);
  const Duration all = runtime(now);
  for (const AddressEntry& e : entries_.entries()) {
    const Duration connected = std::min(active(e, now), all);
    if (e.connections == 0 || connected <= Duration{0}) continue;
    shares.rows.push_back({e.address, 100.0 * static_cast<double>(connected.count()) /
                                          static_cast<double>(all.count())});
  }
  std::sort(shares.rows.begin(), shares.rows.end(),
            [](const AddressShare& a, const AddressShare& b) {
              return a.percent != b.percent ? a.percent > b.percent : a.address < b.address;
            });
  return shares;
}

std::vector<std::uint32_t> TimelineView::most_active(const ViewRequest& request,
                                                     std::size_t rows) const {
  ViewRequest all = request;
  all.count = rows;
  all.filter = {};
  all.show = nullptr;
  std::size_t of = 0;
  const auto key_of = [&](const AddressEntry& e) -> SortKey {
    return {descending(static_cast<std::uint64_t>(active(e, request.now).count())),
            descending(e.connections), 0};
  };
  return select_rows(
      entries_.entries(), all, of, [](const AddressEntry& e) { return e.connections != 0; }, key_of,
      [](const AddressEntry&, std::string&) {});
}

std::vector<Table> TimelineView::report_tables(const ViewRequest& request, Lookup& lookup,
                                               std::size_t rows) const {
  const auto entries = entries_.entries();
  if (entries.empty()) return {};
  const Timestamp now = std::max(request.now, end_);
  const Duration runtime = this->runtime(now);
  Table top{
      .key = "most_active",
      .title = "Most active addresses",
      .note =
          fmt::format("In {} from {}.", format_human(runtime), format_moment(start_, request.zone)),
      .columns = {{"rank", "", Align::Right},
                  {"ip", "Address", Align::Left, 0, true},
                  {"active", "Connected", Align::Right},
                  {"share", "Of the time", Align::Right},
                  {"connections", "Connections", Align::Right},
                  {"failed", "Failed", Align::Right},
                  {.key = "ports", .title = "Ports", .rank = 1, .shrinks = true, .is_list = true},
                  {"first_seen", "First", Align::Left, 2},
                  {"last_seen", "Last", Align::Left, 2},
                  {"name", "Name", Align::Left, 1, true},
                  {"country", "CC", Align::Left, 3},
                  {"network", "Network", Align::Left, 3, true, true}},
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
                  {"ports", "Ports", Align::Left},
                  {"first_seen", "From", Align::Left},
                  {"unit", "Unit", Align::Right},
                  {"runs", "Runs", Align::Left}},
      .rows = {}};
  for (const std::uint32_t i : most_active(request, rows)) {
    const AddressEntry& e = entries[i];
    const Duration connected = std::min(active(e, now), runtime);
    SymbolRuns runs = runs_[e.runs];
    if (e.connected()) runs.extend(unit_of(now) + 1, Symbol::Active);
    const std::size_t earlier = runs.keep_latest(kMaxReportedRuns);
    const Cell share = share_cell(static_cast<std::uint64_t>(connected.count()),
                                  static_cast<std::uint64_t>(runtime.count()));
    if (top.rows.size() < kMaxTopAddresses) {
      auto about = about_cells(lookup.about(e.address));
      top.rows.push_back({count_cell(top.rows.size() + 1, Tone::Dim),
                          text_cell(e.address.to_string()), duration_cell(connected), share,
                          count_cell(e.connections), sparse_cell(e.failed, Tone::Bad),
                          text_cell(ports_text(e, lookup)), time_cell(e.first, request.zone),
                          time_cell(e.last, request.zone), std::move(about[0]), std::move(about[1]),
                          std::move(about[2])});
    }
    full.rows.push_back(
        {text_cell(e.address.to_string()), duration_cell(connected), share,
         count_cell(e.connections), text_cell(ports_text(e, lookup)),
         time_cell(timestamp_from_ns(saturating_product(runs.begin(), unit_ns_)), request.zone),
         duration_cell(Duration{unit_ns_}), runs_cell(runs, earlier, request.unicode)});
  }
  return {std::move(top), std::move(full)};
}

}  // namespace synfin
