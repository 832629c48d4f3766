// See address_set.h.
#include "synfin/filter/address_set.h"

#include <algorithm>
#include <numeric>

namespace synfin {
namespace {

/// The number of blocks for which memory is reserved at most.
constexpr std::size_t kMost = std::size_t{1} << 22;

/// Joins sorted ranges that overlap or touch.
template <typename Ranges>
void merge(Ranges& ranges) {
  std::size_t kept = 0;
  for (const auto& range : ranges) {
    if (kept > 0) {
      auto& previous = ranges[kept - 1];
      // An increment that wraps to zero means that the previous range reaches the end.
      const std::uint32_t follower = previous.last + 1;
      if (follower < previous.last || !(follower < range.first)) {
        previous.last = std::max(previous.last, range.last);
        continue;
      }
    }
    ranges[kept++] = range;
  }
  ranges.resize(kept);
  if (ranges.capacity() > 2 * kept) ranges.shrink_to_fit();
}

/// True if one of the sorted ranges [begin, end) contains `key`.
template <typename Iterator, typename Key>
bool any_contains(Iterator begin, Iterator end, const Key& key) {
  const auto after =
      std::upper_bound(begin, end, key, [](const Key& k, const auto& r) { return k < r.first; });
  return after != begin && !(std::prev(after)->last < key);
}

/// Sorts by `first`, eleven bits at a time.
template <typename Range>
void radix_sort(std::vector<Range>& ranges) {
  constexpr unsigned kBits = 11, kSteps = 3;
  constexpr std::size_t kValues = std::size_t{1} << kBits;
  const auto digit_of = [](const Range& range, unsigned digit) {
    return (range.first >> (digit * kBits)) & (kValues - 1);
  };
  std::vector<std::size_t> places(kSteps * kValues);
  for (const Range& range : ranges) {
    for (unsigned digit = 0; digit < kSteps; ++digit)
      ++places[digit * kValues + digit_of(range, digit)];
  }
  std::vector<Range> sorted(ranges.size());
  for (unsigned digit = 0; digit < kSteps; ++digit) {
    std::size_t* const place = &places[digit * kValues];
    std::exclusive_scan(place, place + kValues, place, std::size_t{0});
    for (const Range& range : ranges) sorted[place[digit_of(range, digit)]++] = range;
    ranges.swap(sorted);
  }
}

}  // namespace

void AddressSet::add(const Cidr& block) {
  const Address first = block.first(), last = block.last();
  if (first.is_v4() && last.is_v4()) {
    v4_.push_back({first.v4(), last.v4()});
  } else {
    v6_.add(block);
  }
}

void AddressSet::reserve(std::size_t blocks) { v4_.reserve(v4_.size() + std::min(blocks, kMost)); }

void AddressSet::reserve_v6(std::size_t blocks) { v6_.reserve(std::min(blocks, kMost)); }

void AddressSet::build() {
  const auto by_first = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(v4_.begin(), v4_.end(), by_first)) radix_sort(v4_);
  merge(v4_);
  v6_.build();
  v4_prefixes_.assign(v4_.empty() ? 0 : kPrefixes / kWordBits, 0);
  for (const auto& range : v4_) {
    for (std::uint32_t prefix = range.first >> 8; prefix <= range.last >> 8; ++prefix)
      v4_prefixes_[prefix / kWordBits] |= std::uint64_t{1} << prefix % kWordBits;
  }
  v4_index_.assign(kIndexSize, 0);
  std::size_t range = 0;
  for (std::size_t upper = 0; upper < kIndexSize; ++upper) {
    while (range < v4_.size() && (v4_[range].first >> 16) < upper) ++range;
    v4_index_[upper] = static_cast<std::uint32_t>(range);
  }
}

bool AddressSet::contains(const Address& address) const {
  if (!address.is_v4()) return v6_.contains(address);
  if (v4_index_.empty()) return false;
  const std::uint32_t prefix = address.v4() >> 8;
  if (v4_prefixes_.empty() || (v4_prefixes_[prefix / kWordBits] >> prefix % kWordBits & 1) == 0)
    return false;
  const std::uint32_t upper = address.v4() >> 16;
  // The range before the first one of this prefix may reach into it.
  const std::uint32_t begin = v4_index_[upper] - (v4_index_[upper] > 0 ? 1 : 0);
  return any_contains(v4_.begin() + begin, v4_.begin() + v4_index_[upper + 1], address.v4());
}

}  // namespace synfin
