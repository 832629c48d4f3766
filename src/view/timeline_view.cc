// See timeline_view.h; what a page and a report make of it is timeline_page.cc's.
#include "synfin/view/timeline_view.h"

#include <algorithm>
#include <iterator>

namespace synfin {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;
/// Listening sockets that get a row; a host with more has lost the oldest ones that are gone.
constexpr std::size_t kMaxListeners = 1'024;
constexpr std::size_t kMaxRuns = std::size_t{4} << 20;
/// Units that a capture without -t is divided into at most: more than any screen is wide.
constexpr std::int64_t kMaxUnits = 2'000;

/// Each a multiple of the one before, so that growing wider is adding neighbours.
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
                              : kMillisecond) {}

std::int64_t TimelineView::unit_of(Timestamp t) const {
  const std::int64_t ns = to_ns(t);
  return ns / unit_ns_ - (ns % unit_ns_ < 0);
}

void TimelineView::Entry::note_port(std::uint16_t port) {
  for (std::uint16_t& known : ports) {
    if (known == port) return;
    if (known != 0) continue;
    known = port;
    return;
  }
  more_ports = true;
}

TimelineView::Entry& TimelineView::entry_of(const Address& remote, Timestamp first) {
  const auto hash = static_cast<std::uint32_t>(hash_.address(remote));
  if (Entry* known = entries_.find(remote, hash)) return *known;
  Entry& fresh = entries_.add(hash, [this](Entry& gone) {
    total_runs_ -= runs_[gone.runs].size();
    runs_[gone.runs] = {};
    free_runs_.push_back(gone.runs);
  });
  if (free_runs_.empty()) {
    free_runs_.push_back(static_cast<std::uint32_t>(runs_.size()));
    runs_.emplace_back();
  }
  fresh.runs = free_runs_.back();
  free_runs_.pop_back();
  fresh.address = remote;
  fresh.first = first;
  return fresh;
}

void TimelineView::note(Entry& entry, Symbol symbol, std::int64_t unit) {
  SymbolRuns& runs = runs_[entry.runs];
  total_runs_ -= runs.size();
  runs.note(unit, symbol, entry.open != 0 ? Symbol::Active : Symbol::Nothing);
  total_runs_ += runs.size();
}

/// Widens units until span and runs are within their bounds again.
void TimelineView::keep_bounds(std::int64_t unit) {
  if (!first_unit_) first_unit_ = unit;
  first_unit_ = std::min(*first_unit_, unit);
  last_unit_ = std::max(last_unit_, unit);
  const bool scaled = !options_.unit && !options_.live;
  while (total_runs_ > kMaxRuns || (scaled && last_unit_ - *first_unit_ >= kMaxUnits)) widen();
}

void TimelineView::widen() {
  const std::int64_t factor = wider(unit_ns_);
  unit_ns_ *= factor;
  total_runs_ = 0;
  for (SymbolRuns& runs : runs_) {
    runs.widen(factor);
    total_runs_ += runs.size();
  }
  for (auto& [local, runs] : listeners_) {
    runs.widen(factor);
    total_runs_ += runs.size();
  }
  const auto divide = [factor](std::int64_t n) { return n / factor - (n % factor < 0); };
  if (asked_unit_) asked_unit_ = divide(*asked_unit_);
  first_unit_ = divide(*first_unit_);
  last_unit_ = divide(last_unit_);
}

void TimelineView::observe(const Change& change) {
  const ConnectionRecord& r = change.connection();
  const Timestamp time = change.is_last() ? r.last : change.event.time;
  if (!first_unit_) last_unit_ = unit_of(time);
  keep_bounds(unit_of(time));
  if (start_ == Timestamp{} || r.first < start_) start_ = r.first;
  if (change.after == Outcome::Backscatter && change.is_new()) return;
  const bool to_responder =
      locality_.direction(r.tuple.orig.address, r.tuple.resp.address) == Direction::Outbound;
  Entry& entry = entry_of(to_responder ? r.tuple.resp.address : r.tuple.orig.address, r.first);
  entry.last = std::max(entry.last, std::max(time, r.last));
  if (change.is_new()) {
    ++entry.connections;
    entries_.gain(entry, kAttemptWeight);
    entry.note_port(r.tuple.resp.port);
  }
  if (change.after) entry.outcome = *change.after;
  entry.failed -= change.before && is_failure(*change.before) && entry.failed != 0;
  entry.failed += change.after && is_failure(*change.after);
  const auto is_asking = [](Phase phase) {
    return phase == Phase::SynSent || phase == Phase::SynReceived;
  };
  if (change.is_new()) {
    note(entry, Symbol::New, unit_of(time));
  } else if (change.ends()) {
    note(entry, Symbol::Closed, unit_of(time));
  } else if (is_alive(change.phase_after)) {
    note(entry, Symbol::Active, unit_of(time));
  }
  entry.open += change.opens();
  entry.open -= change.ends() && entry.open != 0;
  entry.asking += is_asking(change.phase_after);
  entry.asking -= is_asking(change.phase_before) && entry.asking != 0;
}

/// Where there is no more room, the listener that has been gone for longest makes some.
SymbolRuns* TimelineView::listener_runs(const Endpoint& local) {
  const auto known = listeners_.find(local);
  if (known != listeners_.end()) return &known->second;
  if (listeners_.size() >= kMaxListeners) {
    const auto oldest = std::min_element(
        listeners_.begin(), listeners_.end(),
        [](const auto& a, const auto& b) { return a.second.end() < b.second.end(); });
    if (oldest->second.end() > last_unit_ - 1) return nullptr;
    total_runs_ -= oldest->second.size();
    listeners_.erase(oldest);
  }
  return &listeners_[local];
}

void TimelineView::note_listeners(const HostSockets& host, Timestamp now) {
  const std::int64_t unit = unit_of(now);
  if (!first_unit_) last_unit_ = unit;
  keep_bounds(unit);
  for (const HostSocket& s : host.sockets) {
    SymbolRuns* runs = s.listening() ? listener_runs(s.local) : nullptr;
    if (runs == nullptr) continue;
    // It is taken to have listened since it was last asked for, if it did then.
    const bool lasts = !runs->empty() && asked_unit_ && runs->end() > *asked_unit_;
    total_runs_ -= runs->size();
    runs->note(unit_of(now), Symbol::Listening, lasts ? Symbol::Listening : Symbol::Nothing);
    total_runs_ += runs->size();
  }
  asked_unit_ = unit_of(now);
}

}  // namespace synfin
