// See diff_lists.h.
#include "report/diff_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "report/diff_chance.h"
#include "report/diff_pair_tests.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// A port with so many attempts has a row even if it accepted none of them. A scan makes fewer
/// attempts on each port.
constexpr std::uint64_t kManyAttempts = 64;
/// A row that a cut off list lacks counts as absent if the other side, in the same time, has so
/// many times the connections of the last row of that list.
constexpr double kFarAbove = 10;

unsigned uses(std::uint64_t connections) {
  return static_cast<unsigned>(std::min<std::uint64_t>(connections, kManyAttempts));
}

/// One row of a list, on both sides.
struct ListedCounts {
  std::uint64_t before = 0, after = 0;
};

/// Decides which absences from a list are proven.
class ListAbsences {
 public:
  ListAbsences(double share_before, std::uint64_t max_unlisted_before,
               std::uint64_t max_unlisted_after)
      : test_(share_before),
        later_per_earlier_((1 - share_before) / share_before),
        max_before_(max_unlisted_before),
        max_after_(max_unlisted_after) {}

  void add(const ListedCounts& counts) { test_.add(uses(counts.before), uses(counts.after)); }
  void evaluate() { test_.evaluate(); }

  /// REQUIRES: one of the counts is 0.
  bool proves(const ListedCounts& counts) const {
    if (!test_.is_change(uses(counts.before), uses(counts.after))) return false;
    const std::uint64_t bound = max_unlisted(counts);
    if (bound == 0) return true;
    const std::uint64_t here = std::max(counts.before, counts.after);
    if (bound == DiffLists::kUnbounded || here < kManyAttempts) return false;
    const double expected = static_cast<double>(here) *
                            (counts.before == 0 ? 1 / later_per_earlier_ : later_per_earlier_);
    return expected >= kFarAbove * static_cast<double>(bound);
  }

  /// "3,600 connections, at most 3 before".
  std::string evidence(const ListedCounts& counts) const {
    std::string text = plural(std::max(counts.before, counts.after), "connection", "connections");
    const std::uint64_t bound = max_unlisted(counts);
    if (bound != 0)
      text += fmt::format(", at most {} {}", bound, counts.before == 0 ? "before" : "after");
    return text;
  }

 private:
  std::uint64_t max_unlisted(const ListedCounts& counts) const {
    return counts.before == 0 ? max_before_ : max_after_;
  }

  AbsenceTest test_;
  double later_per_earlier_;
  std::uint64_t max_before_, max_after_;
};

/// The rows of a Diff by what they are about. Both inputs decide how many there are, so finding one
/// must not visit them all.
class ListedRows {
 public:
  /// `diff` must outlive it.
  explicit ListedRows(Diff& diff) : diff_(diff) {
    for (const DiffRow& row : diff.rows) known_.insert(subject_of(row));
  }

  /// Appends `row`, unless the same service or host has the same difference already.
  void add(DiffRow row) {
    if (known_.insert(subject_of(row)).second) diff_.rows.push_back(std::move(row));
  }

  /// True if a pair of the service has the same difference.
  bool has_edge(DiffChange change, const Endpoint& service) const {
    return known_.contains({DiffKind::Edge, change, service});
  }

 private:
  /// The service of a pair, too; for a host its address and port 0.
  using Subject = std::tuple<DiffKind, DiffChange, Endpoint>;
  static Subject subject_of(const DiffRow& row) {
    const Endpoint about =
        row.host ? Endpoint{*row.host, 0} : Endpoint{row.key->resp, row.key->port};
    return {row.kind, row.change, about};
  }

  Diff& diff_;
  std::set<Subject> known_;
};

DiffRow service_row(DiffChange change, const Endpoint& service, const PairFigures* before,
                    const PairFigures* after, std::string evidence) {
  DiffRow row;
  row.kind = DiffKind::Service;
  row.change = change;
  row.key = DiffKey{{}, 0, service.address, service.port};
  row.before = figures_of(before);
  row.after = figures_of(after);
  row.evidence = std::move(evidence);
  return row;
}

using ListedServices = std::map<Endpoint, std::pair<const PairFigures*, const PairFigures*>>;

ListedServices services_of(const DiffLists& before, const DiffLists& after,
                           const IgnoreList& ignore) {
  ListedServices services;
  for (const auto& [service, figures] : before.services) services[service].first = &figures;
  for (const auto& [service, figures] : after.services) services[service].second = &figures;
  std::erase_if(services, [&](const auto& entry) {
    const auto& [service, sides] = entry;
    const bool seen = (sides.first != nullptr && sides.first->seen()) ||
                      (sides.second != nullptr && sides.second->seen());
    return !seen || ignore.contains(service.address) ||
           ignore.contains({}, service.address, service.port);
  });
  return services;
}

ListedCounts attempts_of(const ListedServices::mapped_type& sides) {
  return {sides.first == nullptr ? 0 : sides.first->attempts,
          sides.second == nullptr ? 0 : sides.second->attempts};
}

/// True if a side without attempts lists the service anyway.
bool is_listed_by_both(const ListedServices::mapped_type& sides) {
  return sides.first != nullptr && sides.second != nullptr;
}

std::uint64_t find_services(const ListedServices& services, ListAbsences absences,
                            ListedRows& rows) {
  for (const auto& [service, sides] : services) absences.add(attempts_of(sides));
  absences.evaluate();
  std::uint64_t undecided = 0;
  for (const auto& [service, sides] : services) {
    const ListedCounts counts = attempts_of(sides);
    if (is_listed_by_both(sides) || counts.before + counts.after == 0) continue;
    const PairFigures& figures = sides.first != nullptr ? *sides.first : *sides.second;
    if (figures.established == 0 && figures.attempts < kManyAttempts) continue;
    if (!absences.proves(counts)) {
      ++undecided;
      continue;
    }
    rows.add(service_row(
        sides.first == nullptr ? DiffChange::New : DiffChange::Gone, service, sides.first,
        sides.second,
        absences.evidence(counts) + (figures.established == 0 ? ", none established" : "")));
  }
  return undecided;
}

void find_changed_services(const ListedServices& services, ListedRows& rows) {
  std::vector<PairInputs> inputs;
  std::vector<Endpoint> tested;
  for (const auto& [service, sides] : services) {
    if (!is_listed_by_both(sides)) continue;
    inputs.push_back({sides.first, sides.second, true});
    tested.push_back(service);
  }
  const std::vector<PairVerdict> verdicts = test_pairs(inputs);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    for (const auto& [change, evidence] : verdicts[i].changes) {
      if (rows.has_edge(change, tested[i])) continue;
      rows.add(service_row(change, tested[i], inputs[i].before, inputs[i].after, evidence));
    }
  }
}

std::uint64_t find_hosts(const DiffLists& before, const DiffLists& after, ListAbsences absences,
                         const IgnoreList& ignore, ListedRows& rows) {
  std::map<Address, ListedCounts> hosts;
  for (const auto& [host, connections] : before.hosts) hosts[host].before = connections;
  for (const auto& [host, connections] : after.hosts) hosts[host].after = connections;
  std::erase_if(hosts, [&](const auto& entry) { return ignore.contains(entry.first); });
  for (const auto& [host, counts] : hosts) absences.add(counts);
  absences.evaluate();
  std::uint64_t undecided = 0;
  for (const auto& [host, counts] : hosts) {
    if (before.hosts.contains(host) && after.hosts.contains(host)) continue;
    if (!absences.proves(counts)) {
      ++undecided;
      continue;
    }
    DiffRow row;
    row.kind = DiffKind::Host;
    row.change = counts.before == 0 ? DiffChange::New : DiffChange::Gone;
    row.host = host;
    row.evidence = absences.evidence(counts);
    rows.add(std::move(row));
  }
  return undecided;
}

}  // namespace

DiffLists lists_of(const DiffSide& side) {
  DiffLists lists = side.lists;
  if (!side.from_report && side.cut_off)
    lists.max_unlisted_service = lists.max_unlisted_host = DiffLists::kUnbounded;
  DiffLists of_pairs;
  for (const auto& [key, pair] : side.pairs) {
    of_pairs.services[{key.resp, key.port}].add(pair);
    of_pairs.hosts[key.orig] += pair.attempts + pair.midstream;
    if (key.resp != key.orig) of_pairs.hosts[key.resp] += pair.attempts + pair.midstream;
  }
  for (auto& [service, figures] : of_pairs.services) figures.set_percentiles();
  lists.services.merge(of_pairs.services);
  lists.hosts.merge(of_pairs.hosts);
  return lists;
}

UndecidedRows find_listed_changes(const DiffLists& before, const DiffLists& after,
                                  double share_before, const IgnoreList& ignore, Diff& diff) {
  const ListedServices services = services_of(before, after, ignore);
  ListedRows rows(diff);
  UndecidedRows undecided;
  undecided.services = find_services(
      services, ListAbsences(share_before, before.max_unlisted_service, after.max_unlisted_service),
      rows);
  find_changed_services(services, rows);
  undecided.hosts = find_hosts(
      before, after, ListAbsences(share_before, before.max_unlisted_host, after.max_unlisted_host),
      ignore, rows);
  return undecided;
}

}  // namespace synfin
