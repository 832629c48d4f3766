// EndpointsView's pages. See endpoints_view.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "synfin/report/format.h"
#include "view/endpoints_row.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

struct EndpointOrder {
  static constexpr std::array<std::string_view, 6> kNames{"now",     "since start", "latest",
                                                          "address", "rate",        "bytes"};
  enum : std::size_t { Now, Total, Latest, Address, Rate, Bytes };
};

/// Idle times from this one on are shown in whole seconds.
constexpr Duration kMinWholeSecondsIdle = std::chrono::seconds{1};

/// On narrower terminals, pairs show no states if each connection shows its own.
constexpr std::size_t kMinWidthForStates = 120;

Cell rate_cell(const std::optional<std::uint64_t>& rate) {
  if (!rate) return {};
  return {*rate == 0 ? "0" : binary_size(*rate), std::to_string(*rate),
          *rate == 0 ? Tone::Dim : Tone::Plain};
}

/// The bytes of connections that have ended plus those of open ones, which may be unknown.
Cell bytes_cell(std::uint64_t ended, const std::optional<std::uint64_t>& open) {
  const std::uint64_t n = ended + open.value_or(0);
  if (n == 0 && !open) return {};
  return size_cell(n);
}

Cell idle_cell(Duration idle, bool at_most, const ViewRequest& request) {
  if (idle == kNoDuration) return {};
  if (idle >= kMinWholeSecondsIdle) idle = std::chrono::floor<std::chrono::seconds>(idle);
  if (idle < std::chrono::milliseconds{100}) idle = {};
  Cell cell = duration_cell(idle);
  if (idle == Duration{}) cell.text = "0 s";
  if (at_most) cell.text = (request.unicode ? "≤" : "<=") + cell.text;
  return cell;
}

std::string_view arrow(bool inbound, bool unicode) {
  if (unicode) return inbound ? "←" : "→";
  return inbound ? "<--" : "-->";
}

std::uint64_t sum(const std::optional<std::uint64_t>& a, const std::optional<std::uint64_t>& b) {
  return a.value_or(0) + b.value_or(0);
}

/// Sorts by rate, then by bytes, largest first.
bool busier(const LiveConnection* a, const LiveConnection* b) {
  const auto weight = [](const LiveConnection& c) {
    return std::pair(sum(c.sent.rate, c.received.rate), sum(c.sent.bytes, c.received.bytes));
  };
  return weight(*a) > weight(*b);
}

/// The row of one connection, indented below its pair.
std::vector<Cell> connection_cells(const LiveConnection& one, bool inbound,
                                   const ViewRequest& request) {
  const Traffic& out = inbound ? one.received : one.sent;
  const Traffic& in = inbound ? one.sent : one.received;
  Cell local = text_cell(endpoint_text(inbound ? one.resp : one.orig));
  local.text.insert(0, "  ");  // the raw value is not indented
  return {std::move(local),
          text_cell(arrow(inbound, request.unicode), Tone::Dim),
          text_cell(endpoint_text(inbound ? one.orig : one.resp)),
          {},
          {},
          {},
          {},
          {},
          text_cell(one.state),
          {},
          idle_cell(one.idle, one.idle_at_most, request),
          bytes_cell(0, out.bytes),
          bytes_cell(0, in.bytes),
          rate_cell(out.rate),
          rate_cell(in.rate),
          duration_cell(one.rtt),
          one.last == Timestamp{} ? Cell{} : when_cell(one.last, request),
          {},
          {},
          {},
          {}};
}

}  // namespace

std::span<const std::string_view> EndpointsView::orders() const { return EndpointOrder::kNames; }

std::vector<Cell> EndpointsView::cells(const PairRow& row, const ViewRequest& request,
                                       Lookup& lookup) const {
  const bool inbound = row.direction == Direction::Inbound;
  const std::string orig = row.pair.orig.to_string();
  const std::string resp = endpoint_text({row.pair.resp, row.pair.port});
  auto about = about_cells(lookup.about(inbound ? row.pair.orig : row.pair.resp));
  const PairEntry none;
  const PairEntry& e = row.entry != nullptr ? *row.entry : none;
  const Traffic& out = inbound ? row.live.received : row.live.sent;
  const Traffic& in = inbound ? row.live.sent : row.live.received;
  // The rows of connections show the states; the space is used for their bytes.
  const bool narrow = request.each && request.width != 0 && request.width < kMinWidthForStates;
  return {text_cell(inbound ? resp : orig),
          text_cell(arrow(inbound, request.unicode), Tone::Dim),
          text_cell(inbound ? orig : resp),
          sparse_cell(row.now(), Tone::Strong),
          count_cell(row.total()),
          sparse_cell(e.outcomes.established()),
          sparse_cell(e.outcomes.of(Outcome::Midstream)),
          sparse_cell(e.outcomes.failed(), Tone::Bad),
          narrow ? Cell{} : text_cell(row.states_now()),
          text_cell(row.states_seen()),
          idle_cell(row.live.idle, row.live.idle_at_most, request),
          bytes_cell(inbound ? e.received : e.sent, out.bytes),
          bytes_cell(inbound ? e.sent : e.received, in.bytes),
          rate_cell(out.rate),
          rate_cell(in.rate),
          duration_cell(row.live.rtt),
          row.entry != nullptr ? when_cell(e.last, request) : Cell{},
          std::move(about[0]),
          text_cell(processes_.text(e.process)),
          std::move(about[1]),
          std::move(about[2])};
}

/// Fills in the properties of a pair with which a typed filter compares.
void EndpointsView::fill_row(RowText& out, const PairRow& r, Lookup& lookup) const {
  ShowSubject& s = out.about;
  out.fill(s.orig, r.pair.orig, lookup.about(r.pair.orig));
  out.fill(s.resp, r.pair.resp, lookup.about(r.pair.resp));
  s.resp.port = r.pair.port;
  s.port_name = lookup.port_name(r.pair.port);
  s.proto = "tcp";
  s.states = {out.keep(r.states_now()), out.keep(r.states_seen()), {}, {}};
  if (r.entry == nullptr) return;
  out.fill(r.entry->outcomes);
  s.states[2] = s.outcomes;
  out.fill_process(r.direction == Direction::Inbound ? s.resp : s.orig,
                   processes_.text(r.entry->process));
}

/// The rows of the requested page: pairs in order, each followed by its connections if
/// request.each.
std::vector<EndpointsView::PageRow> EndpointsView::select_page(const Rows& rows,
                                                               const ViewRequest& request,
                                                               ViewPage& page,
                                                               Lookup& lookup) const {
  using Key = std::array<std::uint64_t, 6>;
  const auto key_of = [&](const PairRow& r) -> Key {
    // Groups keep their order when select_rows() reverses the keys.
    const auto number = static_cast<std::uint64_t>(r.direction);
    const std::uint64_t group = request.reversed ? ~number : number;
    const Timestamp last = r.entry != nullptr ? r.entry->last : Timestamp{};
    if (request.order == EndpointOrder::Total)
      return {group, descending(r.total()), descending(last)};
    if (request.order == EndpointOrder::Latest) return {group, descending(last), 0};
    if (request.order == EndpointOrder::Rate)
      return {group, descending(sum(r.live.sent.rate, r.live.received.rate)), descending(last)};
    if (request.order == EndpointOrder::Bytes) {
      const std::uint64_t ended = r.entry != nullptr ? r.entry->sent + r.entry->received : 0;
      return {group, descending(ended + sum(r.live.sent.bytes, r.live.received.bytes)), 0};
    }
    if (request.order == EndpointOrder::Address) {
      const bool inbound = r.direction == Direction::Inbound;
      const Address& remote = inbound ? r.pair.orig : r.pair.resp;
      const Address& local = inbound ? r.pair.resp : r.pair.orig;
      return {group, remote.high(), remote.low(), r.pair.port, local.high(), local.low()};
    }
    return {group, descending(r.now()), descending(r.total())};
  };
  const auto text_of = [&](const PairRow& r, RowText& out) {
    fill_row(out, r, lookup);
    append_address(out, r.pair.orig);
    append_address(out, r.pair.resp);
    const bool inbound = r.direction == Direction::Inbound;
    out += fmt::format("{} {} {} {} {} {}", r.pair.port, lookup.port_name(r.pair.port),
                       to_string(r.direction), r.states_now(),
                       lookup.about(inbound ? r.pair.orig : r.pair.resp).name,
                       r.entry != nullptr ? processes_.text(r.entry->process) : "");
  };
  const auto shown = [](const PairRow& r) { return r.total() != 0; };
  ViewRequest window = request;
  if (request.each) window.first = 0, window.count = rows.size();
  const auto order =
      select_rows(std::span<const PairRow>(rows), window, page.of, shown, key_of, text_of);
  std::vector<PageRow> all;
  for (const std::uint32_t i : order) {
    all.push_back({i, nullptr});
    std::vector<const LiveConnection*> open;
    for (const LiveConnection& one : rows[i].open) open.push_back(&one);
    std::stable_sort(open.begin(), open.end(), busier);
    for (const LiveConnection* one : open) all.push_back({i, one});
  }
  if (!request.each) return all;
  page.of = all.size();
  const std::size_t begin = std::min(request.first, all.size());
  const std::size_t end = begin + std::min(request.count, all.size() - begin);
  const auto at = [&](std::size_t n) { return all.begin() + static_cast<std::ptrdiff_t>(n); };
  return {at(begin), at(end)};
}

/// Formats `page_rows`, with a heading above each group.
void EndpointsView::fill(ViewPage& page, const Rows& rows, const std::vector<PageRow>& page_rows,
                         const ViewRequest& request, Lookup& lookup) const {
  std::array<std::uint64_t, kDirections> sizes{};
  for (const PairRow& row : rows)
    sizes[static_cast<std::size_t>(row.direction)] += row.total() != 0;
  std::optional<Direction> group;
  for (const PageRow& p : page_rows) {
    const PairRow& row = rows[p.row];
    if (group != row.direction) {
      group = row.direction;
      const std::uint64_t size = sizes[static_cast<std::size_t>(row.direction)];
      page.table.rows.push_back({text_cell(
          fmt::format("{} ({})", to_string(row.direction), with_separators(size)), Tone::Strong)});
      page.targets.emplace_back();
    }
    RowTarget target{
        .host = row.pair.orig, .peer = row.pair.resp, .port = row.pair.port, .connection = {}};
    if (p.one != nullptr) {
      target.connection = ConnectionKey::of({p.one->orig, p.one->resp});
      page.table.rows.push_back(
          connection_cells(*p.one, row.direction == Direction::Inbound, request));
    } else {
      page.table.rows.push_back(cells(row, request, lookup));
    }
    page.targets.push_back(target);
  }
}

/// The note below the headline: which figures are missing and why.
std::string EndpointsView::note(const Rows& rows, const ViewRequest& request) const {
  const bool control = request.open != nullptr && request.open->scope() == PacketScope::Control;
  const auto foreign = [](const PairRow& r) { return !r.kernel; };
  std::string note;
  if (control && (rows.empty() || std::any_of(rows.begin(), rows.end(), foreign))) {
    note =
        "Transit: control packets do not show the bytes of open connections, nor connections that "
        "were open before the start; --packets all does.";
  }
  if (request.open != nullptr && request.open->omitted() > 0) {
    note += fmt::format(
        "{}{} more open connections, idle longest, are not included in idle times, bytes and "
        "rates.",
        note.empty() ? "" : " ", with_separators(request.open->omitted()));
  }
  if (locality_.guessed()) {
    note += note.empty() ? "" : " ";
    note += "No --local-net given: private ranges are treated as local.";
  }
  return note;
}

/// Sums the traffic of all rows, and raises the peaks.
EndpointsView::Totals EndpointsView::totals_of(const Rows& rows) const {
  Totals totals;
  const auto add = [](Traffic& sum, std::uint64_t ended, const Traffic& open) {
    sum.bytes = sum.bytes.value_or(0) + ended + open.bytes.value_or(0);
    if (open.rate) sum.rate = sum.rate.value_or(0) + *open.rate;
  };
  for (const PairRow& row : rows) {
    const bool inbound = row.direction == Direction::Inbound;
    const std::uint64_t sent = row.entry != nullptr ? row.entry->sent : 0;
    const std::uint64_t received = row.entry != nullptr ? row.entry->received : 0;
    add(inbound ? totals.in : totals.out, sent, row.live.sent);
    add(inbound ? totals.out : totals.in, received, row.live.received);
  }
  sampling_.peak_out = std::max(sampling_.peak_out, totals.out.rate.value_or(0));
  sampling_.peak_in = std::max(sampling_.peak_in, totals.in.rate.value_or(0));
  return totals;
}

/// ", 2.4 MiB/s out, 12 KiB/s in"; empty if no rate is known.
std::string EndpointsView::rates_text(const Totals& totals) {
  if (!totals.out.rate && !totals.in.rate) return {};
  return fmt::format(", {}/s out, {}/s in", binary_size(totals.out.rate.value_or(0)),
                     binary_size(totals.in.rate.value_or(0)));
}

/// The highest rates and all bytes; empty if no rate was ever known.
std::string EndpointsView::traffic_note(const Totals& totals) const {
  if (sampling_.peak_out == 0 && sampling_.peak_in == 0) return {};
  return fmt::format("Peak {}/s out, {}/s in; in all {} out, {} in.",
                     binary_size(sampling_.peak_out), binary_size(sampling_.peak_in),
                     binary_size(totals.out.bytes.value_or(0)),
                     binary_size(totals.in.bytes.value_or(0)));
}

ViewPage EndpointsView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  sample(request);
  const Rows all = rows(request);
  const Totals totals = totals_of(all);
  fill(page, all, select_page(all, request, page, lookup), request, lookup);
  std::uint64_t pairs = 0;
  for (const PairRow& row : all) pairs += row.total() != 0;
  page.table.key = "endpoints";
  page.table.title =
      fmt::format("{} open; {} since the start{}{}", plural(open_, "connection", "connections"),
                  plural(pairs, "pair", "pairs"),
                  pairs_.replaced() ? " (bounded by --max-hosts)" : "", rates_text(totals));
  page.table.note = traffic_note(totals);
  if (const std::string more = note(all, request); !more.empty())
    page.table.note += (page.table.note.empty() ? "" : " ") + more;
  static constexpr std::array<SortColumns, EndpointOrder::kNames.size()> kSortColumns{
      {{{"now"}},
       {{"total"}},
       {{"last_seen"}},
       {{"remote"}, false},
       {{"sent_rate", "received_rate"}},
       {{"sent_bytes", "received_bytes"}}}};
  mark_sort(page.table, request, kSortColumns[request.order % kSortColumns.size()]);
  // A line for each connection has room for its bytes, because it needs no counts.
  const bool each = request.each;
  const std::size_t address = each ? 17 : 21;
  const int bytes = each ? 1 : 4;
  page.table.columns = {{"local", "Local", Align::Left, -1, true, false, address},
                        {"direction", "", Align::Left, -1},
                        {"remote", "Remote", Align::Left, -1, true, false, address},
                        {"now", "Now", Align::Right, each ? 3 : -1},
                        {"total", "Total", Align::Right, each ? 4 : 1},
                        {"established", "Connected", Align::Right, 8},
                        {"already_open", "Already open", Align::Right, 8},
                        {"failed", "Failed", Align::Right, 5},
                        {"states", "States now", Align::Left, 0, true, true, each ? 11u : 28u},
                        {"states_seen", "States since start", Align::Left, 6, true, true, 40},
                        {"idle", "Idle", Align::Right, 2},
                        {"sent_bytes", "Out", Align::Right, bytes},
                        {"received_bytes", "In", Align::Right, bytes, false, false, 0, true},
                        {"sent_rate", "Out/s", Align::Right, 3},
                        {"received_rate", "In/s", Align::Right, 3, false, false, 0, true},
                        {"rtt", "RTT", Align::Right, 5},
                        {"last_seen", "Last", Align::Left, 9},
                        {"name", "Name", Align::Left, 2, true, true, 10},
                        {"process", "Process", Align::Left, 2, true, true, 8},
                        {"country", "CC", Align::Left, 7},
                        {"network", "Network", Align::Left, 7, true, true}};
  keep_requested_columns(page.table, request);
  return page;
}

}  // namespace synfin
