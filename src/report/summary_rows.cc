// Summary::data(): aggregates → sorted tables. See summary_data.h.
//
// Every sort order ends with the key, so that equal aggregates give equal tables.
#include <algorithm>
#include <bit>
#include <future>
#include <tuple>
#include <vector>

#include "report/geo_totals.h"
#include "report/handshakes.h"
#include "report/summary_tables.h"
#include "synfin/report/summary_data.h"
#include "synfin/stats/keep_best.h"

namespace synfin {
namespace {

/// A scanner's pair with fewer failures than this is not listed as failing.
constexpr std::uint64_t kMinUnexplainedFailures = 3;

std::uint64_t bytes_of(const ServiceEntry& s) { return s.orig_bytes + s.resp_bytes; }
std::uint64_t bytes_of(const AddressEntry& h) { return h.bytes_sent + h.bytes_received; }
std::uint64_t bytes_of(const EdgeEntry& e) { return e.bytes; }

auto key_of(const ServiceEntry& s) { return std::tie(s.address, s.port); }
auto key_of(const EdgeEntry& e) { return std::tie(e.orig, e.resp, e.port); }
auto key_of(const AddressEntry& h) { return std::tie(h.address); }

/// The `top` (0 = all) entries for which `keep` is true, sorted by descending `value`, descending
/// bytes, then key. A heap of the best so far makes one pass sufficient.
template <typename Entry, typename Keep, typename Value, typename MakeRow>
auto rank(std::span<const Entry> entries, std::size_t top, Keep keep, Value value,
          MakeRow make_row) {
  struct RankedEntry {
    std::uint64_t value;
    const Entry* entry;
  };
  const auto before = [](const RankedEntry& a, const RankedEntry& b) {
    if (a.value != b.value) return a.value > b.value;
    if (bytes_of(*a.entry) != bytes_of(*b.entry)) return bytes_of(*a.entry) > bytes_of(*b.entry);
    return key_of(*a.entry) < key_of(*b.entry);
  };
  Ranked<decltype(make_row(entries[0]))> ranked;
  std::vector<RankedEntry> best;
  for (const Entry& entry : entries) {
    if (!keep(entry)) continue;
    ++ranked.of;
    keep_best(best, top, RankedEntry{value(entry), &entry}, before);
  }
  std::sort_heap(best.begin(), best.end(), before);
  for (const RankedEntry& candidate : best) ranked.rows.push_back(make_row(*candidate.entry));
  return ranked;
}

/// False if only backscatter of a service was seen.
bool has_connections(const ServiceEntry& s) {
  return s.outcomes.all() != s.outcomes.of(Outcome::Backscatter);
}

/// True for what the SYNs of a flood end with.
bool is_unfinished_cause(Cause c) {
  return c == Cause::Filtered || c == Cause::HostAway || c == Cause::HandshakeIncomplete;
}

/// An estimate, limited by the count that it cannot exceed.
std::uint64_t at_most(std::uint64_t estimate, std::uint64_t bound) {
  return std::min(estimate, bound);
}

HostRow host_row(const AddressEntry& h) {
  const std::uint64_t connections = std::uint64_t{h.as_orig} + h.as_resp;
  // A connection of the host with itself failed once, as its originator.
  const std::uint64_t failed_as_resp =
      h.failed_as_resp - std::min(h.failed_as_resp, h.failed_with_itself);
  return {h.address,      h.as_orig,    h.as_resp,        h.failed_as_orig,
          failed_as_resp, h.bytes_sent, h.bytes_received, at_most(h.peers, connections),
          h.first,        h.last};
}

ScanKind kind_of(const AddressEntry& h) {
  if (h.ports > 2 * std::uint64_t{h.responders}) return ScanKind::Vertical;
  if (h.responders > 2 * std::uint64_t{h.ports}) return ScanKind::Horizontal;
  return ScanKind::Block;
}

ScannerRow scanner_row(const AddressEntry& h) {
  const std::uint64_t targets = at_most(h.targets, h.as_orig);
  return {h.address,
          kind_of(h),
          static_cast<std::uint8_t>(h.probes),
          targets,
          at_most(h.ports, targets),
          at_most(h.responders, targets),
          h.attempts,
          h.unsuccessful,
          h.first,
          h.last};
}

FloodRow flood_row(const ServiceEntry& s, const FloodMeter& m) {
  return {{s.address, s.port},
          m.attempts,
          at_most(s.clients, s.outcomes.attempts()),
          m.peak,
          m.since,
          m.until};
}

/// Makes rows from entries, and leaves out pairs and hosts that belong to a scan or a flood.
class RowMaker {
 public:
  RowMaker(const SummaryTables& tables, std::size_t top);
  SummaryData make(AddressBook* book) const;

 private:
  ServiceRow service_row(const ServiceEntry& s) const;
  EdgeRow edge_row(const EdgeEntry& e) const;
  bool to_flooded(const EdgeEntry& e) const;
  bool explained(const EdgeEntry& e) const;
  bool looks_spoofed(const AddressEntry& h) const;

  Ranked<EdgeRow> edges() const;
  Ranked<EdgeRow> failing() const;
  void gather_hosts(BoundedTable<AddressEntry>& all) const;
  void add_hosts(SummaryData& d, AddressBook* book) const;
  Ranked<FloodRow> floods() const;
  void add_failures(SummaryData& d) const;
  std::vector<AnsweringPort> answers_of(std::span<const Address> hosts) const;
  std::uint64_t attempts_beside(const FailureRow& row) const;
  void add_hangups(SummaryData& d, AddressBook* book) const;
  Approximations approximations() const;

  const SummaryTables& tables_;
  std::size_t top_;
  std::vector<Address> scanners_;  ///< sorted
  std::vector<Endpoint> flooded_;  ///< sorted
};

RowMaker::RowMaker(const SummaryTables& tables, std::size_t top) : tables_(tables), top_(top) {
  for (const AddressEntry& h : tables.hosts.entries()) {
    if (h.scans()) scanners_.push_back(h.address);
  }
  for (const ServiceEntry& s : tables.services.entries()) {
    if (tables.flooded(s)) flooded_.push_back({s.address, s.port});
  }
  std::sort(scanners_.begin(), scanners_.end());
  std::sort(flooded_.begin(), flooded_.end());
}

ServiceRow RowMaker::service_row(const ServiceEntry& s) const {
  return {{s.address, s.port}, s.outcomes,   at_most(s.clients, s.outcomes.all()),
          s.orig_bytes,        s.resp_bytes, tables_.rtts.quantiles(s.rtt)};
}

EdgeRow RowMaker::edge_row(const EdgeEntry& e) const {
  return {e.orig,  {e.resp, e.port}, e.outcomes,  e.bytes,    tables_.rtts.quantiles(e.rtt),
          e.first, e.last,           e.icmp_type, e.icmp_code};
}

/// True for an edge with nothing but unsuccessful attempts on a flooded service.
bool RowMaker::to_flooded(const EdgeEntry& e) const {
  return e.outcomes.established() == 0 && e.bytes == 0 &&
         std::binary_search(flooded_.begin(), flooded_.end(), Endpoint{e.resp, e.port});
}

bool RowMaker::explained(const EdgeEntry& e) const {
  return to_flooded(e) || (e.outcomes.failed() < kMinUnexplainedFailures &&
                           std::binary_search(scanners_.begin(), scanners_.end(), e.orig));
}

/// True during a flood for an address that did nothing but try one service without success.
bool RowMaker::looks_spoofed(const AddressEntry& h) const {
  return !flooded_.empty() && h.as_resp == 0 && h.targets <= 1 && h.bytes_received == 0 &&
         h.unsuccessful == h.attempts && h.bytes_sent == 0;
}

Ranked<EdgeRow> RowMaker::edges() const {
  return rank(
      tables_.edges.entries(), top_, [this](const EdgeEntry& e) { return !to_flooded(e); },
      [](const EdgeEntry& e) { return e.outcomes.attempts(); },
      [this](const EdgeEntry& e) { return edge_row(e); });
}

Ranked<EdgeRow> RowMaker::failing() const {
  return rank(
      tables_.edges.entries(), top_,
      [this](const EdgeEntry& e) { return e.outcomes.failed() != 0 && !explained(e); },
      [](const EdgeEntry& e) { return e.outcomes.failed(); },
      [this](const EdgeEntry& e) { return edge_row(e); });
}

/// Merges originators with responders, whose figures are the sums of their services.
void RowMaker::gather_hosts(BoundedTable<AddressEntry>& all) const {
  const auto host_of = [&](const Address& address) -> AddressEntry& {
    const auto hash = static_cast<std::uint32_t>(tables_.table_hash.address(address));
    if (AddressEntry* found = all.find(address, hash)) return *found;
    AddressEntry& fresh = all.add(hash, [](AddressEntry&) {});
    fresh.address = address;
    return fresh;
  };
  for (const AddressEntry& h : tables_.hosts.entries()) host_of(h.address) = h;
  for (const ServiceEntry& s : tables_.services.entries()) host_of(s.address).add(s);
}

void RowMaker::add_hosts(SummaryData& d, AddressBook* book) const {
  BoundedTable<AddressEntry> all(tables_.hosts.size() + tables_.services.size());
  gather_hosts(all);
  d.hosts = rank(
      all.entries(), top_, [this](const AddressEntry& h) { return !looks_spoofed(h); },
      [](const AddressEntry& h) { return std::uint64_t{h.as_orig} + h.as_resp; }, host_row);
  if (book) add_geo_totals(d, all.entries(), *book, top_);
}

Ranked<FloodRow> RowMaker::floods() const {
  return rank(
      tables_.services.entries(), top_,
      [this](const ServiceEntry& s) { return tables_.flooded(s); },
      [this](const ServiceEntry& s) { return tables_.flood_of(s).attempts; },
      [this](const ServiceEntry& s) { return flood_row(s, tables_.flood_of(s)); });
}

void RowMaker::add_failures(SummaryData& d) const {
  d.totals.by_cause = tables_.failures.totals();
  std::vector<const FailureEntry*> entries;
  for (const FailureEntry& e : tables_.failures.entries()) {
    const bool by_scanner = e.weight < kMinUnexplainedFailures &&
                            std::binary_search(scanners_.begin(), scanners_.end(), e.orig);
    const bool of_flood =
        is_unfinished_cause(e.cause) &&
        std::binary_search(flooded_.begin(), flooded_.end(), Endpoint{e.resp, e.port});
    if (!by_scanner && !of_flood) entries.push_back(&e);
  }
  const std::vector<AnsweringPort> answering = answers_of(silent_hosts(entries));
  d.failures = group_failures(entries, answering, top_, d.totals.by_cause);
  for (FailureRow& row : d.failures.rows) row.of = std::max(attempts_beside(row), row.attempts);
}

/// The ports of `hosts` (sorted) that answered, sorted.
std::vector<AnsweringPort> RowMaker::answers_of(std::span<const Address> hosts) const {
  std::vector<AnsweringPort> answering;
  if (hosts.empty()) return answering;
  // Most services belong to other hosts. One bit of a hash excludes nearly all of them.
  std::vector<bool> marks(std::bit_ceil(hosts.size()) * 16);
  const auto mark_of = [&](const Address& a) {
    return tables_.table_hash.address(a) & (marks.size() - 1);
  };
  for (const Address& host : hosts) marks[mark_of(host)] = true;
  for (const ServiceEntry& s : tables_.services.entries()) {
    if (s.outcomes.established() == 0 || !marks[mark_of(s.address)]) continue;
    if (std::binary_search(hosts.begin(), hosts.end(), s.address))
      answering.push_back({s.address, s.port, tables_.answer_of(s)});
  }
  std::sort(answering.begin(), answering.end());
  return answering;
}

/// All attempts of the originator on the service; of many originators, all on the service.
std::uint64_t RowMaker::attempts_beside(const FailureRow& row) const {
  if (row.clients > 1) {
    const ServiceEntry* service = tables_.service_at(row.service);
    return service != nullptr ? service->outcomes.attempts() : 0;
  }
  const EdgeEntry* edge = tables_.edge_between(row.orig, row.service);
  return edge != nullptr ? edge->outcomes.attempts() : 0;
}

void RowMaker::add_hangups(SummaryData& d, AddressBook* book) const {
  d.hangups = tables_.hangups.hangups();
  std::vector<ProfiledService> services;
  for (const ServiceEntry& s : tables_.services.entries()) {
    if (s.profile == 0) continue;
    const ServiceProfile& p = tables_.profiles[s.profile];
    services.push_back({{s.address, s.port}, &p});
    const auto& [fin, rst] = p.closed;
    const CloserRow row{{s.address, s.port}, {fin[0], fin[1]}, {rst[0], rst[1]}, p.open};
    if (row.ended() != 0) d.hangups.closers.push_back(row);
  }
  d.handshakes = describe_handshakes(services, top_, book);
  std::vector<CloserRow>& closers = d.hangups.closers;
  std::sort(closers.begin(), closers.end(), [](const CloserRow& a, const CloserRow& b) {
    if (a.ended() != b.ended()) return a.ended() > b.ended();
    return a.service < b.service;
  });
  if (top_ == 0 || closers.size() <= top_) return;
  d.hangups.closers_left_out = closers.size() - top_;
  closers.resize(top_);
}

Approximations RowMaker::approximations() const {
  return {.services = tables_.without_entry.service + tables_.services.replaced() != 0,
          .edges = tables_.without_entry.edge + tables_.edges.replaced() != 0,
          .hosts = tables_.without_entry.host + tables_.without_entry.service != 0,
          .distinct = !tables_.distinct.exact(),
          .percentiles = !tables_.rtts.complete()};
}

SummaryData RowMaker::make(AddressBook* book) const {
  SummaryData d;
  d.totals = tables_.totals;
  add_hosts(d, book);
  // These take as long as all other tables, and share nothing with those that follow.
  std::future<void> diagnosis =
      std::async(tables_.two_threads ? std::launch::async : std::launch::deferred, [&] {
        add_failures(d);
        add_hangups(d, book);
      });
  d.services = rank(
      tables_.services.entries(), top_, has_connections,
      [](const ServiceEntry& s) { return s.outcomes.attempts(); },
      [this](const ServiceEntry& s) { return service_row(s); });
  d.edges = edges();
  d.failing = failing();
  d.scanners = rank(
      tables_.hosts.entries(), top_, [](const AddressEntry& h) { return h.scans(); },
      [](const AddressEntry& h) { return h.targets; }, scanner_row);
  d.floods = floods();
  d.longest = tables_.longest.ranked(top_);
  d.largest = tables_.largest.ranked(top_);
  d.timeline = tables_.timeline.timeline();
  d.approximate = approximations();
  d.max_hosts = tables_.max_hosts;
  diagnosis.get();
  return d;
}

}  // namespace

std::string_view to_string(ScanKind kind) {
  switch (kind) {
    case ScanKind::Vertical:
      return "vertical";
    case ScanKind::Horizontal:
      return "horizontal";
    case ScanKind::Block:
      return "block";
  }
  return "?";
}

std::string probe_names(std::uint8_t probes) {
  std::string names;
  for (unsigned i = 0; i < kProbes; ++i) {
    if ((probes >> i & 1u) == 0) continue;
    if (!names.empty()) names += ", ";
    names += to_string(static_cast<Probe>(i));
  }
  return names;
}

double FloodRow::rate() const {
  const double seconds = std::chrono::duration<double>(until - since).count();
  return static_cast<double>(attempts) / std::max(seconds, 1.0);
}

SummaryData Summary::data(std::size_t top, AddressBook* book) const {
  return RowMaker(*impl_, top).make(book);
}

}  // namespace synfin
