// See notable.h.
#include "store/notable.h"

#include <algorithm>
#include <functional>

namespace synfin {

bool NotableConnections::Best::add(Rank rank) {
  if (heap_.size() == kMaxRank) {
    if (rank < heap_.front()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
  }
  heap_.push_back(rank);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  return true;
}

/// Beyond kMaxDays, a new day replaces the one that was used least recently.
NotableConnections::Day& NotableConnections::find(std::uint16_t day) {
  auto found = std::find_if(days_.begin(), days_.end(), [&](const Day& d) { return d.day == day; });
  if (found == days_.end() && days_.size() < kMaxDays) {
    found = days_.insert(found, Day{.day = day, .longest = {}, .largest = {}});
  } else if (found == days_.end()) {
    found = std::min_element(days_.begin(), days_.end(),
                             [](const Day& a, const Day& b) { return a.used < b.used; });
    *found = Day{.day = day, .longest = {}, .largest = {}};
  }
  found->used = ++uses_;
  return *found;
}

bool NotableConnections::add(std::uint16_t day, const ConnectionRecord& r) {
  const bool ranks = r.outcome == Outcome::Open || r.outcome == Outcome::Closed ||
                     r.outcome == Outcome::Reset || r.outcome == Outcome::Midstream;
  if (!ranks) return false;
  const auto lasted = r.duration().count();
  const std::uint64_t bytes = r.orig.bytes + r.resp.bytes;
  if (lasted <= 0 && bytes == 0) return false;
  Day& today = find(day);
  const std::int64_t begin = -to_ns(r.first);
  const bool is_long = lasted > 0 && today.longest.add({static_cast<std::uint64_t>(lasted), begin});
  const bool is_large = bytes > 0 && today.largest.add({bytes, begin});
  return is_long || is_large;
}

}  // namespace synfin
