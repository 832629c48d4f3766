// EndpointsView's counting, and the figures that the kernel and the tracker add.
// endpoints_page.cc formats the pages. See endpoints_view.h.
#include "view/endpoints_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "synfin/base/ports.h"
#include "view/endpoints_row.h"

namespace synfin {
namespace {

/// Maximum number of connections that are listed one by one after the input has ended.
constexpr std::size_t kMaxLeftOpen = 16'384;

bool listens(const std::vector<SocketInfo>& listeners, const Endpoint& local) {
  return std::any_of(listeners.begin(), listeners.end(),
                     [&](const SocketInfo& s) { return s.serves(local); });
}

EndpointPair pair_of(const FiveTuple& t) { return {t.orig.address, t.resp.address, t.resp.port}; }

}  // namespace

std::uint64_t EndpointsView::PairRow::now() const {
  if (entry != nullptr) return open_of(entry->phases);
  return kernel ? kernel->open() : 0;
}

std::uint64_t EndpointsView::PairRow::total() const {
  return std::max(entry != nullptr ? entry->outcomes.all() : 0, now());
}

std::string EndpointsView::PairRow::states_now() const {
  if (kernel && entry != nullptr) return states_text(entry->phases, *kernel);
  if (kernel) return states_text(*kernel);
  return entry != nullptr ? states_text(entry->phases) : std::string{};
}

std::string EndpointsView::PairRow::states_seen() const {
  std::string text;
  for (std::size_t i = 0; i < kPhases && entry != nullptr; ++i)
    append_count(text, to_string(static_cast<Phase>(i)), entry->seen[i]);
  return text;
}

void EndpointsView::PairRow::add(const LiveConnection& one, bool each) {
  live.add(one);
  if (each) open.push_back(one);
}

EndpointsView::EndpointsView(const ViewBounds& bounds, const Locality& locality)
    : hash_(bounds.seed),
      locality_(locality),
      pairs_(bounds.max_hosts),
      processes_(kMaxProcessesShown) {}

EndpointsView::PairEntry& EndpointsView::entry_of(const FiveTuple& t) {
  const EndpointPair pair = pair_of(t);
  const auto hash = static_cast<std::uint32_t>(hash_(t).edge);
  if (PairEntry* known = pairs_.find(pair, hash)) return *known;
  PairEntry& fresh = pairs_.add(hash, [](PairEntry&) {});
  fresh.pair = pair;
  fresh.inbound = locality_.direction(pair.orig, pair.resp) == Direction::Inbound;
  return fresh;
}

void EndpointsView::observe(const ConnectionChange& change) {
  if (change.is_backscatter()) return;
  open_ += change.opens();
  open_ -= change.ends() && open_ != 0;
  if (sampling_.latest != Timestamp{}) recent_.observe(change);
  const ConnectionRecord& r = change.connection();
  PairEntry& entry = entry_of(r.tuple);
  change.count(entry.outcomes);
  count_phase(entry.phases, change, !entry.inbound);
  for (std::size_t i = 0; i < kPhases; ++i) {
    const auto shown = static_cast<Phase>(i);
    const Phase phase = entry.inbound ? at_other_end(shown) : shown;
    entry.seen[i] += change.seen_after.has(phase);
    entry.seen[i] -= change.seen_before.has(phase) && entry.seen[i] != 0;
  }
  entry.last = std::max(entry.last, r.last);
  const bool left_open = change.is_last() && is_alive(change.phase_after);
  const bool stored = left_open && keep_left_open(r, change.phase_after);
  if ((change.ends() || left_open) && !stored) {
    entry.sent += r.orig.bytes;
    entry.received += r.resp.bytes;
    count_brief(entry, r);
  }
  note_process(entry, change.about);
  const bool established = change.event.kind == EventKind::Open;
  if (change.is_new() || established)
    pairs_.gain(entry, established ? kEstablishedWeight : kAttemptWeight);
}

/// The kernel's lists show the traffic of a connection unless it began and ended between two.
void EndpointsView::count_brief(PairEntry& entry, const ConnectionRecord& r) const {
  if (sampling_.latest == Timestamp{}) return;
  const bool since_latest = r.first > sampling_.latest;
  const bool before_latest = r.first > sampling_.previous && r.last < sampling_.latest;
  if (!since_latest && !before_latest) return;
  entry.brief_sent.bytes += r.orig.bytes;
  entry.brief_received.bytes += r.resp.bytes;
}

/// Computes the rates of brief connections each time the kernel has listed its sockets.
void EndpointsView::sample(const ViewRequest& request) const {
  if (request.host == nullptr || request.host->at <= sampling_.latest) return;
  const bool first = sampling_.latest == Timestamp{};
  const double seconds =
      std::chrono::duration<double>(saturating_sub(request.host->at, sampling_.latest)).count();
  for (PairEntry& e : pairs_.mutable_entries()) {
    for (BriefTraffic* brief : {&e.brief_sent, &e.brief_received}) {
      brief->rate =
          first ? 0 : static_cast<std::uint64_t>(static_cast<double>(brief->bytes) / seconds);
      brief->bytes = 0;
    }
  }
  sampling_.previous = first ? request.host->at : sampling_.latest;
  sampling_.latest = request.host->at;
  recent_.forget(sampling_.latest);
}

/// Stores a connection that is open at the end of input; returns false if there are too many.
bool EndpointsView::keep_left_open(const ConnectionRecord& r, Phase phase) {
  if (left_open_.size() == kMaxLeftOpen) return false;
  left_open_.push_back(OpenConnection::of(r, phase, r.bytes_basis != BytesBasis::None));
  return true;
}

/// Stores the process at the local end, or the responder's if both ends are local. If the local end
/// has none, the other end may, for example in a container; it is then in parentheses.
void EndpointsView::note_process(PairEntry& entry, const Annotations& about) {
  const bool outbound =
      locality_.direction(entry.pair.orig, entry.pair.resp) == Direction::Outbound;
  const EndpointAnnotations& local = outbound ? about.orig : about.resp;
  const EndpointAnnotations& remote = outbound ? about.resp : about.orig;
  const EndpointAnnotations& end = local.pid != 0 ? local : remote;
  if (end.pid == 0) return;
  const std::string_view exe = end.exe.substr(end.exe.find_last_of('/') + 1);
  const std::string process = fmt::format("{}/{} {}", end.pid, exe, end.user);
  entry.process = processes_.number_of(local.pid != 0 ? process : "(" + process + ")");
}

/// One row for each entry, at the entry's index, followed by pairs that only the kernel lists.
EndpointsView::Rows EndpointsView::rows(const ViewRequest& request) const {
  Rows rows;
  rows.reserve(pairs_.size());
  for (const PairEntry& e : pairs_.entries()) {
    PairRow& row = rows.emplace_back();
    row.pair = e.pair;
    row.direction = locality_.direction(e.pair.orig, e.pair.resp);
    row.entry = &e;
  }
  Listed listed;
  if (request.host != nullptr) add_kernel(rows, listed, request);
  add_traffic(rows, listed, request);
  const auto add_brief = [](Traffic& traffic, const BriefTraffic& brief) {
    if (brief.rate != 0) traffic.rate = traffic.rate.value_or(0) + brief.rate;
  };
  for (PairRow& row : rows) {
    if (row.entry == nullptr || request.host == nullptr) continue;
    add_brief(row.live.sent, row.entry->brief_sent);
    add_brief(row.live.received, row.entry->brief_received);
  }
  return rows;
}

/// The row of `pair`, which is created if `make`; otherwise null if it does not exist. `more` maps
/// the pairs that have no entry to their rows.
EndpointsView::PairRow* EndpointsView::row_of(Rows& rows, std::map<EndpointPair, std::size_t>& more,
                                              const EndpointPair& pair, bool make) const {
  const FiveTuple tuple{{pair.orig, 0}, {pair.resp, pair.port}};
  if (const PairEntry* e = pairs_.find(pair, static_cast<std::uint32_t>(hash_(tuple).edge)))
    return &rows[static_cast<std::size_t>(e - pairs_.entries().data())];
  const auto known = more.find(pair);
  if (known != more.end()) return &rows[known->second];
  if (!make) return nullptr;
  more.emplace(pair, rows.size());
  PairRow& row = rows.emplace_back();
  row.pair = pair;
  row.direction = locality_.direction(pair.orig, pair.resp);
  row.kernel.emplace();
  return &row;
}

/// Replaces phases by the kernel's states if an end is local, and adds rows for connections that
/// were open before the capture began. Leaves out those that have ended since the kernel listed
/// them, and inserts the others into `listed`.
void EndpointsView::add_kernel(Rows& rows, Listed& listed, const ViewRequest& request) const {
  const std::vector<HostSocket>& sockets = request.host->sockets;
  std::map<EndpointPair, std::size_t> more;
  std::vector<SocketInfo> listeners;
  for (const HostSocket& s : sockets) {
    if (s.listening()) listeners.push_back(s);
  }
  for (PairRow& row : rows) {
    if (row.direction != Direction::Transit) row.kernel.emplace();
  }
  // Captured packets prove the direction; a listening socket may have been closed since.
  const auto is_inbound = [&](const SocketInfo& s) {
    const FiveTuple out{s.local, s.remote};
    if (row_of(rows, more, pair_of(out), false) != nullptr) return false;
    if (row_of(rows, more, pair_of(out.reversed()), false) != nullptr) return true;
    if (listens(listeners, s.local)) return true;
    return is_service_port(s.local.port) && !is_service_port(s.remote.port);
  };
  for (const HostSocket* s : connection_sockets(*request.host, is_inbound)) {
    const bool inbound = is_inbound(*s);
    const FiveTuple t = inbound ? FiveTuple{s->remote, s->local} : FiveTuple{s->local, s->remote};
    const ConnectionKey key = ConnectionKey::of(t);
    const bool open = s->state != SocketState::TimeWait;
    if (open && recent_.ended_since(key, request.host->at)) continue;
    PairRow& row = *row_of(rows, more, pair_of(t), true);
    if (!row.kernel) row.kernel.emplace();
    row.kernel->add(s->state);
    if (!open) continue;
    listed.insert(key);
    row.add(LiveConnection::of(*s, inbound, request.now), request.each);
  }
}

/// Adds the tracker's open connections that are not in `listed`: those between other hosts, and
/// those of this host that are newer than the kernel's list or in another network namespace.
void EndpointsView::add_traffic(Rows& rows, const Listed& listed,
                                const ViewRequest& request) const {
  std::map<EndpointPair, std::size_t> none;
  const OpenTraffic packets(PacketScope::All);
  const OpenTraffic& all = request.open != nullptr ? *request.open : packets;
  const auto add = [&](const OpenConnection& c, Timestamp now) {
    const ConnectionKey key = ConnectionKey::of(c.tuple);
    PairRow* row = row_of(rows, none, pair_of(c.tuple), false);
    if (row == nullptr || recent_.has_ended(key, c.first) || listed.count(key) != 0) return;
    const bool inbound = row->direction == Direction::Inbound;
    row->add(LiveConnection::of(c, inbound, all, now), request.each);
  };
  for (const OpenConnection& c : left_open_) add(c, request.now);
  if (!left_open_.empty()) return;  // the input has ended: the others are among these
  for (const OpenConnection& c : all.connections()) add(c, all.at());
  recent_.for_each_open([&](const OpenConnection& c) {
    if (!all.holds(c)) add(c, request.now);
  });
}

}  // namespace synfin
