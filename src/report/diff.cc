// compare() of diff.h.
#include "report/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "report/diff_chance.h"
#include "report/diff_lists.h"
#include "report/diff_pair_tests.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr unsigned kSlots = 64;
/// Up to so many pairs, a person can read every difference, and rare use says little about chance.
constexpr std::size_t kMaxSmall = 50;

/// The slots of `width` in which the pair was used. A report has no times of single connections, so
/// they are taken to be spread evenly.
unsigned slots_of(const PairFigures* pair, const DiffSide& side, Duration width) {
  if (pair == nullptr || !pair->seen()) return 0;
  if (side.from_report || pair->starts.values().empty() || width <= Duration{}) {
    const Duration active = pair->last > pair->first ? pair->last - pair->first : Duration{};
    const std::int64_t covered = width <= Duration{} ? kSlots : active / width + 1;
    return static_cast<unsigned>(std::min<std::uint64_t>(
        {kSlots, std::max<std::uint64_t>(pair->attempts, 1), static_cast<std::uint64_t>(covered)}));
  }
  std::bitset<kSlots> used;
  const Timestamp begin = side.first.value_or(pair->first);
  for (const Timestamp start : pair->starts.values()) {
    const std::int64_t slot = saturating_sub(start, begin) / width;
    used.set(static_cast<std::size_t>(std::clamp<std::int64_t>(slot, 0, kSlots - 1)));
  }
  return static_cast<unsigned>(used.count());
}

/// A pair on both sides; null if a side does not have it.
struct Matched {
  DiffKey key;
  const PairFigures* before = nullptr;
  const PairFigures* after = nullptr;
  unsigned slots_before = 0, slots_after = 0;

  bool both() const { return before != nullptr && after != nullptr; }
};

class Comparison {
 public:
  Comparison(DiffSide before, DiffSide after, DiffScope scope)
      : before_(std::move(before)), after_(std::move(after)), scope_(scope) {}

  Diff run(const IgnoreList& ignore);

 private:
  void drop_ignored(DiffSide& side, const IgnoreList& ignore) const;
  void note_addresses(const DiffSide& side, std::set<Address>& hosts,
                      std::set<Endpoint>& services) const;
  void match();
  void find_new_and_gone();
  std::set<Endpoint> services_with_proof() const;
  double share_before() const;
  void find_changed_pairs();
  void find_hosts_and_services();
  void find_volumes();
  void write_notes();
  void note_undecided();
  void add(DiffChange change, const Matched& pair, std::string evidence);

  /// Pairs that only one side has.
  struct Absences {
    std::uint64_t by_chance = 0;   ///< left out, because chance explains them
    std::uint64_t unproven = 0;    ///< listed, though chance may explain them
    std::uint64_t unprovable = 0;  ///< left out, because a list is cut off
    UndecidedRows listed;          ///< services and hosts of lists
  };

  DiffSide before_, after_;
  DiffScope scope_;
  std::vector<Matched> pairs_;
  std::set<DiffKey> claimed_;  ///< pairs with a row
  std::set<Address> hosts_before_, hosts_after_;
  std::set<Endpoint> services_before_, services_after_;
  Absences absences_;
  Diff diff_;
};

void Comparison::add(DiffChange change, const Matched& pair, std::string evidence) {
  DiffRow row;
  row.change = change;
  row.key = pair.key;
  row.before = figures_of(pair.before);
  row.after = figures_of(pair.after);
  row.evidence = std::move(evidence);
  claimed_.insert(pair.key);
  diff_.rows.push_back(std::move(row));
}

void Comparison::drop_ignored(DiffSide& side, const IgnoreList& ignore) const {
  std::erase_if(side.pairs, [&](const auto& entry) {
    return ignore.contains(entry.first.orig, entry.first.resp, entry.first.port);
  });
}

void Comparison::note_addresses(const DiffSide& side, std::set<Address>& hosts,
                                std::set<Endpoint>& services) const {
  for (const auto& [key, pair] : side.pairs) {
    hosts.insert(key.orig);
    hosts.insert(key.resp);
    services.insert({key.resp, key.port});
  }
}

void Comparison::match() {
  const Duration width = std::max(before_.span(), after_.span()) / kSlots;
  const auto find = [](const Pairs& pairs, const DiffKey& key) {
    const auto found = pairs.find(key);
    return found == pairs.end() || !found->second.seen() ? nullptr : &found->second;
  };
  std::set<DiffKey> keys;
  for (const DiffSide* side : {&before_, &after_}) {
    for (const auto& [key, pair] : side->pairs) keys.insert(key);
  }
  for (const DiffKey& key : keys) {
    Matched pair{key, find(before_.pairs, key), find(after_.pairs, key), 0, 0};
    if (pair.before == nullptr && pair.after == nullptr) continue;
    pair.slots_before = slots_of(pair.before, before_, width);
    pair.slots_after = slots_of(pair.after, after_, width);
    pairs_.push_back(pair);
  }
}

/// The part of the time that the first side covers.
double Comparison::share_before() const {
  const auto before = static_cast<double>(before_.span().count());
  const auto after = static_cast<double>(after_.span().count());
  if (before <= 0 || after <= 0) return 0.5;
  return std::clamp(before / (before + after), 0.001, 0.999);
}

/// The services that only one side mentions, that accepted a connection, and of which the absence
/// is no chance. A service has more connections than any of its pairs, so this proves more.
std::set<Endpoint> Comparison::services_with_proof() const {
  struct Uses {
    unsigned before = 0, after = 0;
    bool accepted = false;
  };
  std::map<Endpoint, Uses> services;
  for (const Matched& pair : pairs_) {
    Uses& uses = services[{pair.key.resp, pair.key.port}];
    uses.before += pair.slots_before;
    uses.after += pair.slots_after;
    uses.accepted |= (pair.before != nullptr && pair.before->established != 0) ||
                     (pair.after != nullptr && pair.after->established != 0);
  }
  AbsenceTest test(share_before());
  for (const auto& [service, uses] : services) test.add(uses.before, uses.after);
  test.evaluate();
  std::set<Endpoint> proven;
  for (const auto& [service, uses] : services) {
    const bool elsewhere =
        uses.before == 0 ? services_before_.contains(service) : services_after_.contains(service);
    if (uses.accepted && !elsewhere && test.is_change(uses.before, uses.after))
      proven.insert(service);
  }
  return proven;
}

void Comparison::find_new_and_gone() {
  AbsenceTest test(share_before());
  // Blocks were chosen because both sides have them, and they have taken the absences away from
  // their services, so that the pairs which remain on both sides say nothing about chance.
  std::set<Endpoint> in_blocks;
  for (const Matched& pair : pairs_) {
    if (pair.key.is_block()) in_blocks.insert({pair.key.resp, pair.key.port});
  }
  for (const Matched& pair : pairs_) {
    if (!pair.both() || !in_blocks.contains({pair.key.resp, pair.key.port}))
      test.add(pair.slots_before, pair.slots_after);
  }
  test.evaluate();
  const std::set<Endpoint> services = services_with_proof();
  const bool lists_all = scope_ == DiffScope::All || pairs_.size() <= kMaxSmall;
  for (const Matched& pair : pairs_) {
    if (pair.both()) continue;
    const bool is_new = pair.before == nullptr;
    const PairFigures& figures = is_new ? *pair.after : *pair.before;
    if (figures.attempts == 0) continue;  // which end began it is a guess
    if ((is_new ? before_ : after_).cut_off) {
      ++absences_.unprovable;
      continue;
    }
    const bool proven = test.is_change(pair.slots_before, pair.slots_after) ||
                        services.contains({pair.key.resp, pair.key.port});
    if (!proven && !lists_all) {
      ++absences_.by_chance;
      continue;
    }
    absences_.unproven += !proven;
    add(is_new ? DiffChange::New : DiffChange::Gone, pair,
        plural(figures.attempts, "attempt", "attempts") +
            (figures.established == 0 ? ", none established" : ""));
    diff_.rows.back().proven = proven;
  }
}

void Comparison::find_changed_pairs() {
  std::vector<PairInputs> inputs;
  for (const Matched& pair : pairs_) {
    if (pair.both()) inputs.push_back({pair.before, pair.after, pair.key.is_block()});
  }
  const std::vector<PairVerdict> verdicts = test_pairs(inputs);
  std::size_t at = 0;
  for (const Matched& pair : pairs_) {
    if (!pair.both()) continue;
    for (const auto& [change, evidence] : verdicts[at].changes) add(change, pair, evidence);
    ++at;
  }
}

/// A host or service is new or gone if a pair proves it and nothing on the other side mentions it.
/// A port that accepts no connection is no service.
void Comparison::find_hosts_and_services() {
  std::set<std::pair<DiffChange, Address>> hosts;
  std::set<std::pair<DiffChange, Endpoint>> services;
  for (const DiffRow& row : diff_.rows) {
    if (row.change != DiffChange::New && row.change != DiffChange::Gone) continue;
    const bool is_new = row.change == DiffChange::New;
    const auto& other_hosts = is_new ? hosts_before_ : hosts_after_;
    const auto& other_services = is_new ? services_before_ : services_after_;
    const Endpoint service{row.key->resp, row.key->port};
    if (!row.key->is_block() && !other_hosts.contains(row.key->orig))
      hosts.emplace(row.change, row.key->orig);
    if (!other_hosts.contains(row.key->resp)) hosts.emplace(row.change, row.key->resp);
    const bool accepted = row.before.established + row.after.established != 0;
    if (accepted && !other_services.contains(service)) services.emplace(row.change, service);
  }
  for (const auto& [change, host] : hosts) {
    DiffRow row;
    row.kind = DiffKind::Host;
    row.change = change;
    row.host = host;
    diff_.rows.push_back(std::move(row));
  }
  for (const auto& [change, service] : services) {
    DiffRow row;
    row.kind = DiffKind::Service;
    row.change = change;
    row.key = DiffKey{{}, 0, service.address, service.port};
    diff_.rows.push_back(std::move(row));
  }
}

/// Compares the bytes per time of each service, over the pairs that have no other difference.
void Comparison::find_volumes() {
  std::map<Endpoint, std::pair<PairFigures, PairFigures>> services;
  for (const Matched& pair : pairs_) {
    if (!pair.both() || claimed_.contains(pair.key)) continue;
    auto& [before, after] = services[{pair.key.resp, pair.key.port}];
    before.add(*pair.before);
    after.add(*pair.after);
  }
  const double seconds_before = std::chrono::duration<double>(before_.span()).count();
  const double seconds_after = std::chrono::duration<double>(after_.span()).count();
  for (const auto& [service, figures] : services) {
    const auto& [before, after] = figures;
    const auto verdict = test_volume(before, after, seconds_before, seconds_after);
    if (!verdict) continue;
    DiffRow row;
    row.kind = DiffKind::Volume;
    row.change = verdict->first;
    row.key = DiffKey{{}, 0, service.address, service.port};
    row.before = figures_of(&before);
    row.after = figures_of(&after);
    row.evidence = verdict->second;
    diff_.rows.push_back(std::move(row));
  }
}

void Comparison::write_notes() {
  for (const DiffSide* side : {&before_, &after_}) {
    if (side->cut_off) {
      diff_.notes.push_back(
          side->name + " does not list all pairs, so a pair that it lacks is not reported as " +
          (side == &before_ ? "new" : "gone"));
    } else if (side->approximate) {
      diff_.notes.push_back(side->name + " is approximate: it exceeded --max-hosts");
    }
  }
  if (before_.from_report || after_.from_report) {
    diff_.notes.emplace_back(
        "a report has percentiles and no single handshakes, so only shifts are found that are far "
        "beyond the spread between p50 and p99");
  }
  const std::uint64_t by_chance = absences_.by_chance, unproven = absences_.unproven;
  if (by_chance != 0) {
    diff_.notes.push_back(
        fmt::format("{} in one input only, rarely enough that chance explains it, and {} not "
                    "listed; --all lists {}",
                    plural(by_chance, "pair occurs", "pairs occur"), by_chance == 1 ? "is" : "are",
                    by_chance == 1 ? "it" : "them"));
  }
  if (unproven != 0) {
    diff_.notes.push_back(fmt::format(
        "{} new or gone by so few connections that chance may explain it, and {} listed because {}",
        plural(unproven, "pair is", "pairs are"), unproven == 1 ? "is" : "are",
        scope_ == DiffScope::All ? "--all was given" : "the inputs are small"));
  }
  note_undecided();
  const auto blocks = std::count_if(pairs_.begin(), pairs_.end(),
                                    [](const Matched& pair) { return pair.key.is_block(); });
  if (blocks != 0) {
    diff_.notes.push_back("originators whose addresses change count as one block: " +
                          plural(static_cast<std::uint64_t>(blocks), "block", "blocks"));
  }
}

void Comparison::note_undecided() {
  if (diff_.undecided != 0) {
    diff_.notes.push_back(fmt::format(
        "{} of {} could be compared; the others may be new, gone or cut off",
        with_separators(diff_.pairs), plural(diff_.pairs + diff_.undecided, "pair", "pairs")));
  }
  const auto [services, hosts] = absences_.listed;
  if (services + hosts != 0) {
    diff_.notes.push_back(fmt::format("{} and {} may be new, gone or cut off, too",
                                      plural(services, "service", "services"),
                                      plural(hosts, "host", "hosts")));
  }
}

Diff Comparison::run(const IgnoreList& ignore) {
  drop_ignored(before_, ignore);
  drop_ignored(after_, ignore);
  note_addresses(before_, hosts_before_, services_before_);
  note_addresses(after_, hosts_after_, services_after_);
  const bool by_lists = before_.cut_off || after_.cut_off;
  const DiffLists lists_before = by_lists ? lists_of(before_) : DiffLists{};
  const DiffLists lists_after = by_lists ? lists_of(after_) : DiffLists{};
  if (scope_ == DiffScope::Proven)
    merge_changing_originators(before_.pairs, after_.pairs, before_.span(), after_.span());
  match();
  find_new_and_gone();
  find_changed_pairs();
  find_hosts_and_services();
  if (by_lists) {
    absences_.listed =
        find_listed_changes(lists_before, lists_after, share_before(), ignore, diff_);
  }
  diff_.undecided = absences_.unprovable;
  diff_.pairs = pairs_.size() - diff_.undecided;
  std::erase_if(diff_.rows,
                [&](const DiffRow& row) { return row.host && ignore.contains(*row.host); });
  find_volumes();
  write_notes();
  std::stable_sort(diff_.rows.begin(), diff_.rows.end(), [](const DiffRow& a, const DiffRow& b) {
    return std::tie(a.kind, a.change, a.key, a.host) < std::tie(b.kind, b.change, b.key, b.host);
  });
  return std::move(diff_);
}

}  // namespace

std::string_view to_string(DiffKind kind) {
  static constexpr std::array<std::string_view, 4> kNames{"edge", "host", "service", "volume"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(DiffChange change) {
  static constexpr std::array<std::string_view, 8> kNames{"new",    "gone",  "failing", "working",
                                                          "slower", "cause", "more",    "less"};
  return kNames[static_cast<std::size_t>(change)];
}

DiffFigures figures_of(const PairFigures* pair) {
  DiffFigures figures;
  if (pair == nullptr) return figures;
  figures.attempts = pair->attempts;
  figures.established = pair->established;
  figures.failed = pair->failed;
  if (pair->knows_bytes) figures.bytes = pair->bytes;
  figures.p50 = pair->p50;
  figures.p99 = pair->p99;
  figures.samples = pair->rtt_count;
  figures.cause = main_cause(*pair);
  return figures;
}

Diff compare(DiffSide before, DiffSide after, const IgnoreList& ignore, DiffScope scope) {
  return Comparison(std::move(before), std::move(after), scope).run(ignore);
}

}  // namespace synfin
