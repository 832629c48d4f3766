// See frequent_addresses.h.
#include "synfin/report/frequent_addresses.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace synfin {

void CoveredTime::add(Timestamp first, Timestamp last) {
  Interval added{first, std::max(first, last)};
  if (earlier_ > Duration{} && added.begin < earlier_span_.end) {
    cover_earlier(added);
    if (added.end <= earlier_span_.end) return;
    added.begin = earlier_span_.end;
  }
  const auto all = intervals_.begin();
  const auto from = std::find_if(all, all + static_cast<std::ptrdiff_t>(count_),
                                 [&](const Interval& i) { return i.end >= added.begin; });
  auto to = from;
  for (; to != all + static_cast<std::ptrdiff_t>(count_) && to->begin <= added.end; ++to) {
    added.begin = std::min(added.begin, to->begin);
    added.end = std::max(added.end, to->end);
  }
  if (from == to) {
    std::move_backward(from, all + static_cast<std::ptrdiff_t>(count_),
                       all + static_cast<std::ptrdiff_t>(count_) + 1);
    ++count_;
  } else {
    std::move(to, all + static_cast<std::ptrdiff_t>(count_), from + 1);
    count_ -= static_cast<std::size_t>(to - from) - 1;
  }
  *from = added;
  if (count_ > kMaxIntervals) merge_first_into_earlier();
}

/// Adds the part of `interval` before the end of the sum. The intervals of the sum are not stored,
/// so only the longer of both is certainly covered.
void CoveredTime::cover_earlier(const Interval& interval) {
  if (interval.end <= earlier_span_.begin) {
    earlier_ = saturating_add(earlier_, saturating_sub(interval.end, interval.begin));
    earlier_span_.begin = interval.begin;
    return;
  }
  const Timestamp end = std::min(interval.end, earlier_span_.end);
  if (interval.begin <= earlier_span_.begin && end == earlier_span_.end) {
    earlier_ = saturating_sub(end, interval.begin);
    earlier_span_.begin = interval.begin;
    return;
  }
  earlier_span_.begin = std::min(earlier_span_.begin, interval.begin);
  earlier_ = std::max(earlier_, saturating_sub(end, interval.begin));
}

void CoveredTime::merge_first_into_earlier() {
  const Interval first = intervals_[0];
  if (earlier_ == Duration{}) earlier_span_.begin = first.begin;
  earlier_span_.end = first.end;
  earlier_ =
      saturating_add(earlier_, std::max(saturating_sub(first.end, first.begin), Duration{1}));
  std::move(intervals_.begin() + 1, intervals_.begin() + static_cast<std::ptrdiff_t>(count_),
            intervals_.begin());
  --count_;
}

Duration CoveredTime::total() const {
  Duration sum = earlier_;
  for (std::size_t i = 0; i < count_; ++i)
    sum = saturating_add(sum, saturating_sub(intervals_[i].end, intervals_[i].begin));
  return sum;
}

void FrequentAddresses::extend_to(Timestamp time) {
  start_ = std::min(start_, time);
  end_ = std::max(end_, time);
}

void FrequentAddresses::add(const Address& remote, Timestamp first, Timestamp last) {
  extend_to(first);
  extend_to(last);
  auto at = addresses_.find(remote);
  if (at == addresses_.end()) {
    if (addresses_.size() >= max_addresses_) {
      ++ignored_;
      return;
    }
    at = addresses_.emplace(remote, CoveredTime{}).first;
  }
  at->second.add(first, last);
}

std::vector<FrequentAddresses::Frequency> FrequentAddresses::at_least(double percent) const {
  std::vector<Frequency> rows;
  if (addresses_.empty()) return rows;
  const auto all = static_cast<double>(std::max(saturating_sub(end_, start_), Duration{1}).count());
  for (const auto& [address, covered] : addresses_) {
    const double share = 100.0 * static_cast<double>(covered.total().count()) / all;
    if (share >= percent) rows.push_back({address, share});
  }
  std::sort(rows.begin(), rows.end(), [](const Frequency& a, const Frequency& b) {
    return std::tuple(-a.percent, a.address) < std::tuple(-b.percent, b.address);
  });
  return rows;
}

std::string frequent_addresses_text(const std::vector<FrequentAddresses::Frequency>& rows,
                                    double percent) {
  std::string text =
      fmt::format("# Addresses connected at least {:g} % of the time, by synfin\n", percent);
  for (const FrequentAddresses::Frequency& row : rows) {
    text += fmt::format("{}  # {:.1f} %\n", row.address.to_string(), row.percent);
  }
  return text;
}

}  // namespace synfin
