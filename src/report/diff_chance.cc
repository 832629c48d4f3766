// See diff_chance.h.
#include "report/diff_chance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace synfin {
namespace {

/// At most this share of the absences that are listed may be chance.
constexpr double kMaxChance = 0.01;
/// Pairs with more uses are never absent by chance, and say nothing about rare ones.
constexpr unsigned kMaxInformative = 40;
constexpr unsigned kMinInformative = 3;
constexpr double kMinPairs = 5;
/// A pair that was used once in all is always absent on one side, so that the pairs which both
/// sides have say nothing about it. See AbsenceTest::has_no_rare_pairs().
constexpr double kMinUses = 2, kRareUses = 8;

/// The expected squared deviation of a pair with `n` uses in all, divided by its variance, given
/// that both sides have used it, if uses are independent.
double expected_deviation(double n, double share) {
  const double all_before = std::pow(share, n), all_after = std::pow(1 - share, n);
  const double variance = n * share * (1 - share), mean = n * share;
  const double lost = all_before * (n - mean) * (n - mean) + all_after * mean * mean;
  return (variance - lost) / std::max(1 - all_before - all_after, 1e-9) / variance;
}

}  // namespace

void AbsenceTest::add(unsigned before, unsigned after) { uses_.push_back({before, after}); }

/// True if far fewer pairs are absent than independent connections would leave out: then the pairs
/// are used at regular times, even if they are rarely used.
bool AbsenceTest::is_regular() const {
  double expected = 0, observed = 0;
  for (const Uses& u : uses_) {
    const unsigned n = u.before + u.after;
    if (n < 2 || n > kMaxInformative) continue;
    if (u.before == 0 || u.after == 0) {
      ++observed;
      continue;
    }
    const double absent = std::pow(share_, n) + std::pow(1 - share_, n);
    expected += absent / std::max(1 - absent, 0.05);
  }
  constexpr double kMinExpected = 8;
  return expected >= kMinExpected && observed < 0.6 * expected &&
         observed < expected - 3 * std::sqrt(expected);
}

void AbsenceTest::evaluate() {
  double observed = 0, expected = 0, pairs = 0;
  for (const Uses& u : uses_) {
    const unsigned n = u.before + u.after;
    if (u.before == 0 || u.after == 0 || n < kMinInformative || n > kMaxInformative) continue;
    const double mean = n * share_, variance = mean * (1 - share_);
    observed += (u.before - mean) * (u.before - mean) / variance;
    expected += expected_deviation(n, share_);
    ++pairs;
  }
  if (pairs >= kMinPairs && expected > 0) dispersion_ = std::clamp(observed / expected, 0.05, 10.0);
  if (is_regular()) dispersion_ = std::min(dispersion_, 0.1);
  gone_from_ = bound(false);
  new_from_ = bound(true);
}

/// True if this traffic uses its pairs again and again, so that one use is no chance: no pair is
/// used from kMinUses to kRareUses times, and most pairs are on both sides.
bool AbsenceTest::has_no_rare_pairs() const {
  std::size_t once = 0, both = 0;
  for (const Uses& u : uses_) {
    const double n = effective(u.before + u.after);
    if (n >= kMinUses && n <= kRareUses) return false;
    once += n < kMinUses;
    both += u.before != 0 && u.after != 0;
  }
  return once <= both;
}

/// The smallest number of effective uses from which chance explains next to none of the absences.
double AbsenceTest::bound(bool absent_before) const {
  struct Entry {
    double uses, chance;
    bool absent;
  };
  const double used = absent_before ? 1 - share_ : share_;
  std::vector<Entry> entries;
  for (const Uses& u : uses_) {
    const unsigned here = absent_before ? u.after : u.before;
    const unsigned there = absent_before ? u.before : u.after;
    const double n = effective(u.before + u.after);
    if (there == 0 && here != 0) entries.push_back({n, 0, true});
    if (there == 0 || here == 0) continue;
    const double absent = std::pow(used, n);
    const double both = std::max(1 - absent - std::pow(1 - used, n), 0.05);
    entries.push_back({n, absent / both, false});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.uses > b.uses; });
  const double least = has_no_rare_pairs() ? 0 : kMinUses;
  double chance = 0, absences = 0, from = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    chance += entries[i].chance;
    absences += entries[i].absent;
    const bool last_of_rate = i + 1 == entries.size() || entries[i + 1].uses < entries[i].uses;
    if (entries[i].uses < least) break;
    if (last_of_rate && chance <= kMaxChance * absences) from = entries[i].uses;
  }
  return from;
}

bool AbsenceTest::is_change(unsigned before, unsigned after) const {
  if (before == 0) return effective(after) >= new_from_;
  if (after == 0) return effective(before) >= gone_from_;
  return false;
}

}  // namespace synfin
