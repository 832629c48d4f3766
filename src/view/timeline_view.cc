// TimelineView's counting; timeline_page.cc formats the pages. See timeline_view.h.
#include "synfin/view/timeline_view.h"

#include <algorithm>
#include <iterator>

#include "view/state_counts.h"

namespace synfin {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;
/// Maximum number of listening sockets with a row.
constexpr std::size_t kMaxListeners = 1'024;
constexpr std::size_t kMaxRuns = std::size_t{4} << 20;
/// An address keeps up to three runs even if units are as wide as time itself.
constexpr std::size_t kMinRunsOfAddress = 4;
/// Maximum number of units of a savefile without -t, more than any screen has columns.
constexpr std::int64_t kMaxUnits = 2'000;

/// Widths of a unit. Each is a multiple of the previous one, so that widening merges neighbours.
constexpr std::int64_t kWidths[] = {
    1 * kMillisecond, 10 * kMillisecond, 100 * kMillisecond, 200 * kMillisecond, 1 * kSecond,
    2 * kSecond,      10 * kSecond,      20 * kSecond,       60 * kSecond,       120 * kSecond,
    600 * kSecond,    1'200 * kSecond,   3'600 * kSecond,    7'200 * kSecond,    21'600 * kSecond,
    43'200 * kSecond, 86'400 * kSecond};

std::int64_t wider(std::int64_t ns) {
  const auto* next = std::upper_bound(std::begin(kWidths), std::end(kWidths), ns);
  if (next != std::end(kWidths) && *next % ns == 0) return *next / ns;
  return 2;
}

}  // namespace

TimelineView::TimelineView(const ViewBounds& bounds, const Locality& locality,
                           const TimelineOptions& options)
    : hash_(bounds.seed),
      locality_(locality),
      options_(options),
      entries_(bounds.max_hosts),
      unit_ns_(options.unit   ? options.unit->count()
               : options.live ? kSecond
                              : kMillisecond) {
  if (options_.max_runs == 0)
    options_.max_runs = std::max(kMaxRuns, kMinRunsOfAddress * bounds.max_hosts);
}

std::int64_t TimelineView::unit_of(Timestamp t) const {
  const std::int64_t ns = to_ns(t);
  return ns / unit_ns_ - (ns % unit_ns_ < 0);
}

bool TimelineView::AddressEntry::connected() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kPhases; ++i)
    sum += is_connected(static_cast<Phase>(i)) ? phases[i] : 0;
  return sum != 0;
}

void TimelineView::AddressEntry::note_port(std::uint16_t port) {
  for (std::uint16_t& known : ports) {
    if (known == port) return;
    if (known != 0) continue;
    known = port;
    return;
  }
  more_ports = true;
}

TimelineView::AddressEntry& TimelineView::entry_of(const Address& remote, Timestamp first) {
  const auto hash = static_cast<std::uint32_t>(hash_.address(remote));
  if (AddressEntry* known = entries_.find(remote, hash)) return *known;
  const auto runs = runs_.allocate();  // first, because it may throw, and each entry has runs
  AddressEntry& fresh =
      entries_.add(hash, [this](AddressEntry& replaced) { runs_.release(replaced.runs); });
  fresh.runs = runs;
  fresh.address = remote;
  fresh.first = first;
  return fresh;
}

void TimelineView::note(AddressEntry& entry, Symbol symbol, std::int64_t unit) {
  runs_.note(entry.runs, unit, symbol, entry.connected() ? Symbol::Active : Symbol::Nothing);
}

/// Widens units until the time span and the number of runs are within their bounds. A unit that is
/// as wide as time itself stays.
void TimelineView::keep_bounds(std::int64_t unit) {
  if (!first_unit_) first_unit_ = unit;
  first_unit_ = std::min(*first_unit_, unit);
  last_unit_ = std::max(last_unit_, unit);
  const bool scaled = !options_.unit && !options_.live;
  while (unit_ns_ <= INT64_MAX / 2 &&
         (runs_.total() > options_.max_runs || (scaled && last_unit_ - *first_unit_ >= kMaxUnits)))
    widen();
}

void TimelineView::widen() {
  const std::int64_t factor = wider(unit_ns_);
  unit_ns_ *= factor;
  runs_.widen(factor);
  const auto divide = [factor](std::int64_t n) { return n / factor - (n % factor < 0); };
  if (listeners_unit_) listeners_unit_ = divide(*listeners_unit_);
  first_unit_ = divide(*first_unit_);
  last_unit_ = divide(last_unit_);
}

void TimelineView::observe(const ConnectionChange& change) {
  const ConnectionRecord& r = change.connection();
  const Timestamp time = change.is_last() ? r.last : change.event.time;
  if (!first_unit_) last_unit_ = unit_of(time);
  keep_bounds(unit_of(time));
  if (start_ == Timestamp{} || r.first < start_) start_ = r.first;
  end_ = std::max(end_, r.last);
  if (change.is_backscatter()) return;
  const Direction direction = locality_.direction(r.tuple.orig.address, r.tuple.resp.address);
  const bool to_responder = direction == Direction::Outbound;
  AddressEntry& entry =
      entry_of(to_responder ? r.tuple.resp.address : r.tuple.orig.address, r.first);
  entry.last = std::max(entry.last, std::max(time, r.last));
  entry.local = direction != Direction::Transit;
  if (change.is_new()) {
    ++entry.connections;
    entries_.gain(entry, kAttemptWeight);
    entry.note_port(r.tuple.resp.port);
  }
  if (change.after) entry.outcome = *change.after;
  entry.failed -= change.before && is_failure(*change.before) && entry.failed != 0;
  entry.failed += change.after && is_failure(*change.after);
  if (change.is_new()) {
    note(entry, Symbol::New, unit_of(time));
  } else if (change.ends()) {
    note(entry, Symbol::Closed, unit_of(time));
  } else if (is_connected(change.phase_after)) {
    note(entry, Symbol::Active, unit_of(time));
  }
  const bool was_connected = entry.connected();
  count_phase(entry.phases, change, direction != Direction::Inbound);
  if (!was_connected && entry.connected()) entry.connected_since = r.first;
  if (was_connected && !entry.connected()) entry.connected_before.add(entry.connected_since, time);
}

/// The runs of a listening socket. If the table is full, the socket that closed first is replaced;
/// if none has closed, the result is empty.
std::optional<std::uint32_t> TimelineView::listener_runs(const Endpoint& local) {
  const auto known = listeners_.find(local);
  if (known != listeners_.end()) return known->second;
  if (listeners_.size() >= kMaxListeners) {
    const auto end_of = [&](const auto& listener) { return runs_[listener.second].end(); };
    const auto oldest =
        std::min_element(listeners_.begin(), listeners_.end(),
                         [&](const auto& a, const auto& b) { return end_of(a) < end_of(b); });
    if (end_of(*oldest) > last_unit_ - 1) return std::nullopt;
    runs_.release(oldest->second);
    listeners_.erase(oldest);
  }
  return listeners_.emplace(local, runs_.allocate()).first->second;
}

void TimelineView::note_listeners(const HostSockets& host, Timestamp now) {
  const std::int64_t unit = unit_of(now);
  if (!first_unit_) last_unit_ = unit;
  keep_bounds(unit);
  for (const HostSocket& s : host.sockets) {
    const auto number = s.listening() ? listener_runs(s.local) : std::nullopt;
    if (!number) continue;
    const SymbolRuns& runs = runs_[*number];
    // A socket that was listed by the previous query is taken to have listened ever since.
    const bool lasts = !runs.empty() && listeners_unit_ && runs.end() > *listeners_unit_;
    runs_.note(*number, unit_of(now), Symbol::Listening,
               lasts ? Symbol::Listening : Symbol::Nothing);
  }
  listeners_unit_ = unit_of(now);
}

}  // namespace synfin
