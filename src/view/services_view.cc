// See services_view.h.
#include "view/services_view.h"

#include <fmt/format.h>

#include "synfin/report/format.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

constexpr std::size_t kRttBlocksPerHost = 2;
/// The second retry is sent 3 s after the first SYN, which is longer than any usual round trip.
constexpr unsigned kRetriesOfSilence = 2;
/// A port that has answered before is silent after so many attempts and SYNs without an answer, as
/// in the inventory.
constexpr unsigned kSilentAttempts = 2;
constexpr unsigned kSilentSyns = 3;

struct ServiceOrder {
  static constexpr std::array<std::string_view, 4> kNames{"attempts", "address", "latest",
                                                          "clients"};
  enum : std::size_t { Attempts, Address, Latest, Clients };
};

/// The state of the responder's port that an event proves.
ServiceState proof(const Event& event) {
  const ConnectionRecord& r = event.connection;
  switch (event.kind) {
    case EventKind::Open:
    case EventKind::HalfOpen:
    case EventKind::Midstream:
      return ServiceState::Open;
    case EventKind::Refused:
      return ServiceState::Closed;
    case EventKind::Unanswered:
      return ServiceState::Silent;
    case EventKind::Unreachable:
      return ServiceState::Unreachable;
    case EventKind::Retry:
      // A SYN is also repeated if its SYN-ACK was lost, or after an ICMP error.
      return r.syn_retries >= kRetriesOfSilence && r.outcome == Outcome::Unanswered
                 ? ServiceState::Silent
                 : ServiceState::Unknown;
    default:
      return ServiceState::Unknown;
  }
}

/// True once for each connection whose SYN-ACK was timed, as it opens or ends without opening.
bool has_timed_answer(const ConnectionChange& change) {
  if (change.connection().synack_rtt == kNoDuration) return false;
  if (change.event.kind == EventKind::Open) return true;
  return change.is_last() && !is_established(counted_outcome(change.connection()));
}

Tone tone_of(ServiceState state) {
  switch (state) {
    case ServiceState::Open:
      return Tone::Good;
    case ServiceState::Closed:
      return Tone::Bad;
    default:
      return Tone::Dim;
  }
}

Cell success_cell(const SmallOutcomes& o) {
  const auto rate = o.success_rate();
  if (!rate) return {};
  return {percent_of(o.established(), o.decided()), fmt::format("{:.6f}", *rate),
          *rate < 0.5 ? Tone::Bad : Tone::Plain};
}

}  // namespace

std::string_view to_string(ServiceState state) {
  static constexpr std::array<std::string_view, 5> kNames{"", "open", "closed", "silent",
                                                          "unreachable"};
  return kNames[static_cast<std::size_t>(state)];
}

ServicesView::ServicesView(const ViewBounds& bounds)
    : hash_(bounds.seed),
      services_(bounds.max_hosts),
      clients_(bounds.max_hosts, bounds.seed),
      rtts_(bounds.max_hosts * kRttBlocksPerHost) {}

ServicesView::PortEntry& ServicesView::entry_of(const ConnectionChange& change,
                                                const TupleHashes& hashes) {
  const Endpoint& service = change.connection().tuple.resp;
  const auto hash = static_cast<std::uint32_t>(hashes.service);
  if (PortEntry* known = services_.find(service, hash)) return *known;
  PortEntry& fresh = services_.add(hash, [this](PortEntry& gone) { rtts_.release(gone.rtt); });
  fresh.address = service.address;
  fresh.port = service.port;
  fresh.first = fresh.last = change.event.time;
  return fresh;
}

void ServicesView::PortEntry::prove(ServiceState proven, const Event& event) {
  if (proven != ServiceState::Silent) {
    state = proven;
    last_answer = std::max(last_answer, event.time);
    silent_attempts = silent_syns = 0;
    return;
  }
  if (state == ServiceState::Unknown) state = ServiceState::Silent;
  // Silence is reported late. If the port has answered meanwhile, it proves nothing.
  const ConnectionRecord& r = event.connection;
  if (event.kind != EventKind::Unanswered || r.first < last_answer) return;
  saturate(silent_attempts, 1);
  saturate(silent_syns, r.syn_retries + 1u);
  if (silent_attempts >= kSilentAttempts && silent_syns >= kSilentSyns)
    state = ServiceState::Silent;
}

void ServicesView::observe(const ConnectionChange& change) {
  if (change.after == Outcome::Backscatter) return;  // no SYN was sent to this port
  const ConnectionRecord& r = change.connection();
  const TupleHashes hashes = hash_(r.tuple);
  PortEntry& entry = entry_of(change, hashes);
  change.count(entry.outcomes);
  if (change.is_new()) entry.clients += clients_.insert(hashes.edge);
  entry.open += change.opens();
  entry.open -= change.ends() && entry.open != 0;
  if (has_timed_answer(change)) rtts_.add(entry.rtt, r.synack_rtt);
  if (const ServiceState state = proof(change.event); state != ServiceState::Unknown)
    entry.prove(state, change.event);
  entry.last = std::max(entry.last, r.last);
  const bool established = change.after && is_established(*change.after);
  if (change.is_new()) services_.gain(entry, established ? kEstablishedWeight : kAttemptWeight);
}

std::span<const std::string_view> ServicesView::orders() const { return ServiceOrder::kNames; }

std::vector<Cell> ServicesView::row(const PortEntry& e, const ViewRequest& request,
                                    Lookup& lookup) const {
  const SmallOutcomes& o = e.outcomes;
  const RttQuantiles rtt = rtts_.quantiles(e.rtt);
  auto about = about_cells(lookup.about(e.address));
  return {text_cell(e.address.to_string()),
          port_cell(e.port, lookup),
          text_cell(to_string(e.state), tone_of(e.state)),
          count_cell(o.attempts()),
          success_cell(o),
          sparse_cell(o.of(Outcome::Refused)),
          sparse_cell(o.of(Outcome::Unanswered)),
          sparse_cell(o.of(Outcome::Unreachable)),
          sparse_cell(o.of(Outcome::HalfOpen)),
          sparse_cell(o.of(Outcome::Aborted)),
          sparse_cell(e.open),
          count_cell(e.clients),
          duration_cell(rtt.p50),
          duration_cell(rtt.p99),
          when_cell(e.last, request),
          std::move(about[0]),
          std::move(about[1]),
          std::move(about[2])};
}

ViewPage ServicesView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const auto shown = [](const PortEntry& e) { return e.outcomes.all() != 0; };
  const auto key_of = [&](const PortEntry& e) -> SortKey {
    if (request.order == ServiceOrder::Address) return ascending(e.address, e.port);
    if (request.order == ServiceOrder::Latest) return {descending(e.last), e.port, 0};
    if (request.order == ServiceOrder::Clients) return {descending(e.clients), e.port, 0};
    return {descending(e.outcomes.attempts()), descending(e.outcomes.established()), e.port};
  };
  const auto text_of = [&](const PortEntry& e, RowText& out) {
    out.fill(out.about.resp, e.address, lookup.about(e.address));
    out.fill(e.outcomes);
    out.about.resp.port = e.port;
    out.about.port_name = lookup.port_name(e.port);
    out.about.states = {to_string(e.state), out.about.outcomes, {}, {}};
    append_address(out, e.address);
    out += fmt::format("{} {} {} {}", e.port, lookup.port_name(e.port), to_string(e.state),
                       lookup.about(e.address).name);
  };
  const auto entries = services_.entries();
  for (const std::uint32_t i : select_rows(entries, request, page.of, shown, key_of, text_of)) {
    page.table.rows.push_back(row(entries[i], request, lookup));
    page.targets.push_back(
        {.host = entries[i].address, .peer = {}, .port = entries[i].port, .connection = {}});
  }
  page.table.key = "services";
  page.table.title = fmt::format("{}{} {}", services_.replaced() ? "More than " : "",
                                 with_separators(page.of), page.of == 1 ? "service" : "services");
  static constexpr std::array<SortColumns, ServiceOrder::kNames.size()> kSortColumns{
      {{{"attempts"}}, {{"ip"}, false}, {{"last_seen"}}, {{"clients"}}}};
  mark_sort(page.table, request, kSortColumns[request.order % kSortColumns.size()]);
  page.table.columns = {{"ip", "Address", Align::Left, -1, true, false, 15},
                        {"port", "Port", Align::Left, -1, true, true, 15},
                        {"state", "State", Align::Left, -1},
                        {"attempts", "Attempts", Align::Right},
                        {"success_rate", "Success", Align::Right},
                        {"refused", "Refused", Align::Right, 7},
                        {"unanswered", "No answer", Align::Right, 7},
                        {"unreachable", "Unreachable", Align::Right, 8},
                        {"half_open", "Half-open", Align::Right, 8},
                        {"aborted", "Aborted", Align::Right, 8},
                        {"open", "Now", Align::Right, 2},
                        {"clients", "Clients", Align::Right, 1},
                        {"synack_rtt_p50", "SYN-ACK p50", Align::Right, 1},
                        {"synack_rtt_p99", "p99", Align::Right, 2},
                        {"last_seen", "Last", Align::Left, 6},
                        {"name", "Name", Align::Left, 2, true, true, 10},
                        {"country", "CC", Align::Left, 4},
                        {"network", "Network", Align::Left, 5, true, true}};
  keep_requested_columns(page.table, request);
  return page;
}

}  // namespace synfin
