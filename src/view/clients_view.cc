// See clients_view.h.
#include "synfin/view/clients_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/report/format.h"
#include "view/select_rows.h"

namespace synfin {
namespace {

struct ClientOrder {
  static constexpr std::array<std::string_view, 4> kNames{"first seen", "latest", "attempts",
                                                          "address"};
  enum : std::size_t { First, Latest, Attempts, Address };
};

/// "1 more was already connected. 2 more tried without success."
std::string other_clients(std::uint64_t connected, std::uint64_t before, std::uint64_t failed) {
  std::string text;
  if (before != 0) {
    text = fmt::format("{}{} already connected.", with_separators(before),
                       connected != 0 ? (before == 1 ? " more was" : " more were")
                                      : (before == 1 ? " was" : " were"));
  }
  if (failed != 0) {
    text += fmt::format("{}{}{} tried without success.", text.empty() ? "" : " ",
                        with_separators(failed), connected + before == 0 ? "" : " more");
  }
  return text;
}

}  // namespace

bool ClientCriteria::includes(const Endpoint& responder) const {
  const bool port =
      ports.empty() || std::find(ports.begin(), ports.end(), responder.port) != ports.end();
  return port &&
         (hosts.empty() || std::find(hosts.begin(), hosts.end(), responder.address) != hosts.end());
}

ClientsView::ClientsView(const ViewBounds& bounds, ClientCriteria of)
    : hash_(bounds.seed), of_(std::move(of)), clients_(bounds.max_hosts) {}

void ClientsView::observe(const ConnectionChange& change) {
  const ConnectionRecord& r = change.connection();
  // Logs have connections in the order of their ends.
  if (!start_ || (!start_is_given_ && r.first < *start_)) start_ = r.first;
  if (change.after == Outcome::Backscatter || !of_.includes(r.tuple.resp)) return;
  const Address& address = r.tuple.orig.address;
  const auto hash = static_cast<std::uint32_t>(hash_.address(address));
  ClientEntry* entry = clients_.find(address, hash);
  if (!entry) {
    entry = &clients_.add(hash, [](ClientEntry&) {});
    entry->address = address;
    entry->first = r.first;
  }
  change.count(entry->outcomes);
  entry->open += change.opens();
  entry->open -= change.ends() && entry->open != 0;
  if (change.settles()) entry->bytes += r.orig.bytes + r.resp.bytes;
  entry->first = std::min(entry->first, r.first);
  entry->last = std::max(entry->last, r.last);
  if (change.is_new())
    clients_.gain(*entry, change.after && is_established(*change.after) ? kEstablishedWeight
                                                                        : kAttemptWeight);
}

std::span<const std::string_view> ClientsView::orders() const { return ClientOrder::kNames; }

std::string ClientsView::headline(std::uint64_t connected, Zone zone) const {
  std::string ports;
  for (const std::uint16_t port : of_.ports)
    ports += fmt::format("{}{}", ports.empty() ? "" : ", ", port);
  const std::string where = of_.hosts.empty() ? "any host" : of_.host_name;
  const std::string service =
      of_.ports.empty()
          ? where
          : fmt::format("{} {} of {}", of_.ports.size() == 1 ? "port" : "ports", ports, where);
  const std::string who =
      connected == 0   ? "No host has"
      : connected == 1 ? "The following host has"
                       : fmt::format("The following {} hosts have", with_separators(connected));
  const std::string since = start_ ? format_moment(*start_, zone) : "the start";
  return fmt::format("{} connected to {} since {}", who,
                     of_.ports.empty() && of_.hosts.empty() ? "another host" : service, since);
}

std::vector<Cell> ClientsView::row(const ClientEntry& e, const ViewRequest& request,
                                   Lookup& lookup) const {
  const SmallOutcomes& o = e.outcomes;
  auto about = about_cells(lookup.about(e.address));
  return {text_cell(e.address.to_string(), e.connected() == 0 ? Tone::Bad : Tone::Plain),
          std::move(about[0]),
          when_cell(e.first, request),
          when_cell(e.last, request),
          count_cell(o.attempts()),
          sparse_cell(o.established()),
          sparse_cell(o.of(Outcome::Midstream)),
          sparse_cell(e.open),
          sparse_cell(o.failed(), Tone::Bad),
          sparse_cell(o.of(Outcome::Refused), Tone::Bad),
          sparse_cell(o.of(Outcome::Unanswered), Tone::Bad),
          sparse_cell(o.of(Outcome::Aborted)),
          e.bytes == 0 ? Cell{} : size_cell(e.bytes),
          std::move(about[1]),
          std::move(about[2])};
}

ViewPage ClientsView::page(const ViewRequest& request, Lookup& lookup) const {
  ViewPage page;
  const auto entries = clients_.entries();
  std::uint64_t connected = 0, before = 0, failed = 0;
  for (const ClientEntry& e : entries) {
    if (e.outcomes.all() == 0) continue;
    ++(e.outcomes.established() != 0 ? connected : e.connected() != 0 ? before : failed);
  }
  const auto shown = [](const ClientEntry& e) { return e.outcomes.all() != 0; };
  const auto key_of = [&](const ClientEntry& e) -> SortKey {
    if (request.order == ClientOrder::Latest) return {descending(e.last), 0, 0};
    if (request.order == ClientOrder::Attempts) return {descending(e.outcomes.attempts()), 0, 0};
    if (request.order == ClientOrder::Address) return ascending(e.address);
    return {ascending(e.first), 0, 0};
  };
  const auto text_of = [&](const ClientEntry& e, RowText& out) {
    append_address(out, e.address);
    const EndpointAnnotations about = lookup.about(e.address);
    out.fill(out.about.orig, e.address, about);
    out.fill(e.outcomes);
    out.about.states[0] = out.about.outcomes;
    out += fmt::format("{} {} {}", about.name, about.country, about.as_org);
  };
  for (const std::uint32_t i : select_rows(entries, request, page.of, shown, key_of, text_of)) {
    page.table.rows.push_back(row(entries[i], request, lookup));
    page.targets.push_back({.host = entries[i].address, .peer = {}, .port = {}, .connection = {}});
  }
  page.table.key = "clients";
  page.table.title = headline(connected, request.zone);
  page.table.note = other_clients(connected, before, failed);
  if (clients_.replaced() != 0) page.table.note += " The list is bounded by --max-hosts.";
  static constexpr std::array<SortColumns, ClientOrder::kNames.size()> kSortColumns{
      {{{"first_seen"}, false}, {{"last_seen"}}, {{"attempts"}}, {{"ip"}, false}}};
  mark_sort(page.table, request, kSortColumns[request.order % kSortColumns.size()]);
  page.table.columns = {{"ip", "Address", Align::Left, -1, true, false, 15},
                        {"name", "Name", Align::Left, 1, true, true, 10},
                        {"first_seen", "First", Align::Left, 2},
                        {"last_seen", "Last", Align::Left, 1},
                        {"attempts", "Attempts", Align::Right},
                        {"connected", "Connected", Align::Right, -1},
                        {"already_open", "Already open", Align::Right, 4},
                        {"open", "Now", Align::Right, 3},
                        {"failed", "Failed", Align::Right},
                        {"refused", "Refused", Align::Right, 5},
                        {"unanswered", "No answer", Align::Right, 5},
                        {"aborted", "Aborted", Align::Right, 6},
                        {"bytes", "Bytes", Align::Right, 7},
                        {"country", "CC", Align::Left, 3},
                        {"network", "Network", Align::Left, 4, true, true}};
  keep_requested_columns(page.table, request);
  return page;
}

}  // namespace synfin
