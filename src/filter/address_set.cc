// See address_set.h.
#include "synfin/filter/address_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "filter/line_reader.h"
#include "filter/text.h"

namespace synfin {
namespace {

std::uint32_t next(std::uint32_t v4) { return v4 + 1; }
Address next(const Address& a) {
  return Address::from_halves(a.high() + (a.low() == ~std::uint64_t{0}), a.low() + 1);
}

/// Sorts `ranges` and joins those that overlap or touch.
template <typename Ranges>
void merge(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const auto& range : ranges) {
    if (kept > 0) {
      auto& previous = ranges[kept - 1];
      // An increment that wraps to zero means that the previous range reaches the end.
      const auto follower = next(previous.last);
      if (follower < previous.last || !(follower < range.first)) {
        previous.last = std::max(previous.last, range.last);
        continue;
      }
    }
    ranges[kept++] = range;
  }
  ranges.resize(kept);
  ranges.shrink_to_fit();
}

/// True if one of the sorted ranges [begin, end) contains `key`.
template <typename Iterator, typename Key>
bool any_contains(Iterator begin, Iterator end, const Key& key) {
  const auto after =
      std::upper_bound(begin, end, key, [](const Key& k, const auto& r) { return k < r.first; });
  return after != begin && !(std::prev(after)->last < key);
}

}  // namespace

void AddressSet::add(const Cidr& block) {
  const Address first = block.first(), last = block.last();
  if (first.is_v4() && last.is_v4()) {
    v4_.push_back({first.v4(), last.v4()});
  } else {
    v6_.push_back({first, last});
  }
}

void AddressSet::build() {
  merge(v4_);
  merge(v6_);
  v4_index_.assign(kIndexSize, 0);
  std::size_t range = 0;
  for (std::size_t upper = 0; upper < kIndexSize; ++upper) {
    while (range < v4_.size() && (v4_[range].first >> 16) < upper) ++range;
    v4_index_[upper] = static_cast<std::uint32_t>(range);
  }
}

bool AddressSet::contains(const Address& address) const {
  if (v4_index_.empty()) return false;
  if (!address.is_v4()) return any_contains(v6_.begin(), v6_.end(), address);
  const std::uint32_t upper = address.v4() >> 16;
  // The range before the first one of this prefix may reach into it.
  const std::uint32_t begin = v4_index_[upper] - (v4_index_[upper] > 0 ? 1 : 0);
  return any_contains(v4_.begin() + begin, v4_.begin() + v4_index_[upper + 1], address.v4());
}

Status read_address_file(const std::string& path, AddressSet& set) {
  LineReader file(path);
  if (!file.is_open()) {
    return Error{fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)),
                 ErrorKind::Usage};
  }
  for (std::string_view line; file.next(line);) {
    const std::string_view text = trimmed(line.substr(0, line.find('#')));
    if (text.empty()) continue;
    const auto block = Cidr::parse(text);
    if (!block) {
      return Error{fmt::format("{}, line {}: '{}' is not an address or CIDR block", path,
                               file.number(), text),
                   ErrorKind::Usage};
    }
    set.add(*block);
  }
  if (file.too_long()) {
    return Error{fmt::format("{}, line {}: the line is longer than 64 KiB", path, file.number()),
                 ErrorKind::Usage};
  }
  return Ok{};
}

}  // namespace synfin
