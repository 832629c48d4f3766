// See endpoints_view.h.
#include "synfin/view/endpoints_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "synfin/base/ports.h"
#include "synfin/report/words.h"
#include "synfin/view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxProcesses = 16'384;
constexpr std::size_t kSocketStates = 13;

constexpr std::array<std::string_view, 4> kOrders{"now", "since start", "latest", "address"};
enum Order : std::size_t { kByNow, kByTotal, kByLatest, kByAddress };

/// What the kernel says of the connections of one pair.
struct Kernel {
  std::array<std::uint32_t, kSocketStates> states{};
  std::optional<std::uint64_t> sent_rate;      ///< bytes per second from here
  std::optional<std::uint64_t> received_rate;  ///< and to here

  void add(const HostSocket& socket) {
    ++states[static_cast<std::size_t>(socket.state) % kSocketStates];
    if (socket.sent_rate) sent_rate = sent_rate.value_or(0) + *socket.sent_rate;
    if (socket.received_rate) received_rate = received_rate.value_or(0) + *socket.received_rate;
  }
};

Cell rate_cell(const std::optional<std::uint64_t>& rate) {
  if (!rate) return {};
  return {*rate == 0 ? "0" : binary_size(*rate), std::to_string(*rate),
          *rate == 0 ? Tone::Dim : Tone::Plain};
}

void append_count(std::string& out, std::string_view state, std::uint64_t n) {
  if (n == 0) return;
  out += fmt::format("{}{} {}", out.empty() ? "" : ", ", state, with_separators(n));
}

using PairKey = std::tuple<Address, Address, std::uint16_t>;  ///< originator, responder, port

std::string port_text(const Address& address, std::uint16_t port) {
  return endpoint_text({address, port});
}

bool listens(const std::vector<SocketInfo>& listeners, const Endpoint& local) {
  return std::any_of(listeners.begin(), listeners.end(),
                     [&](const SocketInfo& s) { return s.serves(local); });
}

}  // namespace

struct EndpointsView::Row {
  Address orig;
  Address resp;
  std::uint16_t port = 0;
  Direction direction = Direction::Transit;
  const Entry* entry = nullptr;  ///< null: only the kernel knows it
  std::optional<Kernel> kernel;  ///< where it knows more than the packets

  std::uint64_t now() const {
    std::uint64_t sum = 0;
    if (kernel) {
      for (const std::uint32_t n : kernel->states) sum += n;
    } else if (entry) {
      for (std::size_t i = 0; i + 1 < kPhases; ++i) sum += entry->phases[i];
    }
    return sum;
  }
  std::uint64_t total() const { return std::max(entry ? entry->outcomes.all() : 0, now()); }
  std::string state_text() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < kPhases && !kernel; ++i) {
      if (entry) append_count(text, to_string(static_cast<Phase>(i)), entry->phases[i]);
    }
    for (std::size_t i = 0; kernel && i < kernel->states.size(); ++i) {
      append_count(text, to_string(static_cast<SocketState>(i)), kernel->states[i]);
    }
    append_count(text, to_string(Phase::Closed), total() - now());
    return text;
  }
};

EndpointsView::EndpointsView(const ViewBounds& bounds, const Locality& locality)
    : hash_(bounds.seed),
      locality_(locality),
      pairs_(bounds.max_hosts),
      processes_(kMaxProcesses) {}

void EndpointsView::observe(const Change& change) {
  if (change.after == Outcome::Backscatter && change.is_new()) return;
  const FiveTuple& t = change.connection().tuple;
  const Key key{t.orig.address, t.resp.address, t.resp.port};
  const auto hash = static_cast<std::uint32_t>(hash_(t).edge);
  Entry* entry = pairs_.find(key, hash);
  if (!entry) {
    entry = &pairs_.add(hash, [](Entry&) {});
    entry->orig = key.orig;
    entry->resp = key.resp;
    entry->port = key.port;
  }
  change.count(entry->outcomes);
  if (change.before) {
    std::uint32_t& was = entry->phases[static_cast<std::size_t>(change.phase_before)];
    was -= was != 0;
  }
  ++entry->phases[static_cast<std::size_t>(change.phase_after)];
  entry->last = std::max(entry->last, change.connection().last);
  note_process(*entry, change.about);
  const bool established = change.event.kind == EventKind::Open;
  if (change.is_new() || established)
    pairs_.gain(*entry, established ? kEstablishedWeight : kAttemptWeight);
}

/// The process at our end; at the responder's where both are.
void EndpointsView::note_process(Entry& entry, const Annotations& about) {
  const EndpointAnnotations& end = about.resp.pid != 0 ? about.resp : about.orig;
  if (end.pid == 0) return;
  const std::string_view exe = end.exe.substr(end.exe.find_last_of('/') + 1);
  entry.process = processes_.number_of(fmt::format("{}/{} {}", end.pid, exe, end.user));
}

std::span<const std::string_view> EndpointsView::orders() const { return kOrders; }

EndpointsView::Rows EndpointsView::rows(const ViewRequest& request) const {
  Rows rows;
  for (const Entry& e : pairs_.entries()) {
    if (e.outcomes.all() == 0) continue;
    Row& row = rows.emplace_back();
    row.orig = e.orig;
    row.resp = e.resp;
    row.port = e.port;
    row.direction = locality_.direction(e.orig, e.resp);
    row.entry = &e;
  }
  if (request.host != nullptr) add_kernel(rows, *request.host);
  return rows;
}

/// The kernel's states replace those of the packets where an end is ours, and what was open before
/// the start gets its row.
void EndpointsView::add_kernel(Rows& rows, const HostSockets& host) const {
  std::vector<SocketInfo> listeners;
  for (const HostSocket& s : host.sockets) {
    if (s.listening()) listeners.push_back(s);
  }
  std::set<PairKey> seen;
  for (const Row& row : rows) seen.insert({row.orig, row.resp, row.port});
  // Packets know best who began; a listener that is gone cannot say it.
  const auto is_inbound = [&](const SocketInfo& s) {
    if (seen.count({s.local.address, s.remote.address, s.remote.port}) != 0) return false;
    if (seen.count({s.remote.address, s.local.address, s.local.port}) != 0) return true;
    if (listens(listeners, s.local)) return true;
    return is_service_port(s.local.port) && !is_service_port(s.remote.port);
  };
  std::map<PairKey, Kernel> kernel;
  for (const HostSocket& s : host.sockets) {
    if (s.listening() || s.remote.port == 0) continue;
    const bool inbound = is_inbound(s);
    // Both ends of a looping connection are here; the originator's tells of it.
    if (inbound && locality_.is_local(s.remote.address)) continue;
    const FiveTuple t = inbound ? FiveTuple{s.remote, s.local} : FiveTuple{s.local, s.remote};
    kernel[{t.orig.address, t.resp.address, t.resp.port}].add(s);
  }
  for (Row& row : rows) {
    if (row.direction == Direction::Transit) continue;
    row.kernel.emplace();
    const auto found = kernel.find({row.orig, row.resp, row.port});
    if (found == kernel.end()) continue;
    row.kernel = found->second;
    kernel.erase(found);
  }
  for (const auto& [key, known] : kernel) {
    Row& row = rows.emplace_back();
    std::tie(row.orig, row.resp, row.port) = key;
    row.direction = locality_.direction(row.orig, row.resp);
    row.kernel = known;
  }
}

std::vector<Cell> EndpointsView::cells(const Row& row, const ViewRequest& request,
                                       Lookup& lookup) const {
  const bool inbound = row.direction == Direction::Inbound;
  const std::string orig = row.orig.to_string();
  const std::string resp = port_text(row.resp, row.port);
  const std::string_view arrow = inbound ? "<--" : "-->";
  const std::string_view unicode_arrow = inbound ? "←" : "→";
  auto about = about_cells(lookup.about(inbound ? row.orig : row.resp));
  Cell established, failed;
  if (row.entry) {
    established =
        sparse_cell(row.entry->outcomes.established() + row.entry->outcomes.of(Outcome::Midstream));
    failed = sparse_cell(row.entry->outcomes.failed(), Tone::Bad);
  }
  return {text_cell(inbound ? resp : orig),
          text_cell(request.unicode ? unicode_arrow : arrow, Tone::Dim),
          text_cell(inbound ? orig : resp),
          sparse_cell(row.now(), Tone::Strong),
          count_cell(row.total()),
          std::move(established),
          std::move(failed),
          text_cell(row.state_text()),
          row.kernel ? rate_cell(row.kernel->sent_rate) : Cell{},
          row.kernel ? rate_cell(row.kernel->received_rate) : Cell{},
          row.entry ? when_cell(row.entry->last, request) : Cell{},
          std::move(about[0]),
          text_cell(row.entry ? processes_.text(row.entry->process) : ""),
          std::move(about[1]),
          std::move(about[2])};
}

/// The rows shown, with a heading over each group.
void EndpointsView::fill(ViewPage& page, const Rows& rows, const std::vector<std::uint32_t>& shown,
                         const ViewRequest& request, Lookup& lookup) const {
  std::array<std::uint64_t, kDirections> sizes{};
  for (const Row& row : rows) ++sizes[static_cast<std::size_t>(row.direction)];
  std::optional<Direction> group;
  for (const std::uint32_t i : shown) {
    const Row& row = rows[i];
    if (group != row.direction) {
      group = row.direction;
      const std::uint64_t size = sizes[static_cast<std::size_t>(row.direction)];
      page.table.rows.push_back({text_cell(
          fmt::format("{} ({})", to_string(row.direction), with_separators(size)), Tone::Strong)});
      page.subjects.emplace_back();
    }
    page.table.rows.push_back(cells(row, request, lookup));
    page.subjects.push_back(
        {.host = row.orig, .peer = row.resp, .port = row.port, .connection = {}});
  }
}

ViewPage EndpointsView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const Rows all = rows(request);
  const auto key_of = [&](const Row& r) -> SortKey {
    const auto group = static_cast<std::uint64_t>(r.direction);
    const Timestamp last = r.entry ? r.entry->last : Timestamp{};
    if (request.order == kByTotal) return {group, descending(r.total()), descending(last)};
    if (request.order == kByLatest) return {group, descending(last), 0};
    if (request.order == kByAddress) return {group, r.orig.high() ^ r.orig.low(), r.resp.low()};
    return {group, descending(r.now()), descending(r.total())};
  };
  const auto text_of = [&](const Row& r, std::string& out) {
    append_address(out, r.orig);
    append_address(out, r.resp);
    out += fmt::format("{} {} {} {} {}", r.port, lookup.port_name(r.port), r.state_text(),
                       lookup.about(r.direction == Direction::Inbound ? r.orig : r.resp).name,
                       r.entry ? processes_.text(r.entry->process) : "");
  };
  const auto shown = select_rows(
      std::span<const Row>(all), request, page.of, [](const Row&) { return true; }, key_of,
      text_of);
  fill(page, all, shown, request, lookup);
  std::uint64_t now = 0;
  for (const Row& row : all) now += row.now();
  page.table.key = "endpoints";
  page.table.title = fmt::format("{} {} now, between {} {} of endpoints{}", with_separators(now),
                                 now == 1 ? "connection" : "connections", with_separators(page.of),
                                 page.of == 1 ? "pair" : "pairs",
                                 pairs_.replaced() ? " (bounded by --max-hosts)" : "");
  const auto foreign = [](const Row& r) { return !r.kernel; };
  if (request.host != nullptr && std::any_of(all.begin(), all.end(), foreign)) {
    page.table.note = "Bytes per second are the kernel's; nobody tells them of what is in transit.";
  }
  if (locality_.guessed()) {
    page.table.note = "Ours are the private address blocks, for no --local-net says otherwise.";
  }
  page.table.columns = {
      {"local", "Local", Align::Left, 0, true},     {"direction", "", Align::Left},
      {"remote", "Remote", Align::Left, 0, true},   {"now", "Now", Align::Right},
      {"total", "Since start", Align::Right},       {"established", "Established", Align::Right, 4},
      {"failed", "Failed", Align::Right, 3},        {"states", "States", Align::Left, 1, true},
      {"sent_rate", "Out/s", Align::Right, 2},      {"received_rate", "In/s", Align::Right, 2},
      {"last_seen", "Last", Align::Left, 6},        {"name", "Name", Align::Left, 2, true},
      {"process", "Process", Align::Left, 4, true}, {"country", "CC", Align::Left, 5},
      {"network", "Network", Align::Left, 5, true}};
  return page;
}

}  // namespace synfin
