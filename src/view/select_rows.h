/// \file
/// select_rows(): which entries of a table a page shows, in its order.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/time.h"
#include "synfin/view/view.h"
#include "view/row_text.h"

namespace synfin {

/// Compared from the left; the smaller stands first.
using SortKey = std::array<std::uint64_t, 3>;

constexpr SortKey ascending(const Address& a, std::uint64_t more = 0) {
  return {a.high(), a.low(), more};
}
constexpr std::uint64_t ascending(Timestamp t) {
  return static_cast<std::uint64_t>(to_ns(t)) ^ (std::uint64_t{1} << 63);
}
constexpr std::uint64_t descending(std::uint64_t n) { return ~n; }
constexpr std::uint64_t descending(Timestamp t) { return ~ascending(t); }

/// True when `text`, of which only letters of ASCII are made small, holds `wanted`.
bool holds_text(std::string& text, std::string_view wanted);

/// The numbers of the entries in the window of `request`, in order. `of` is set to how many match.
/// `key_of(entry)` gives a SortKey, equal keys keep the order of arrival; `text_of(entry, out)`
/// appends what a filter may find, and fills in out.about if `out` is a RowText&; `shown(entry)`
/// says whether it is a row at all.
template <typename Entry, typename Shown, typename KeyOf, typename TextOf>
std::vector<std::uint32_t> select_rows(std::span<const Entry> entries, const ViewRequest& request,
                                       std::size_t& of, Shown shown, KeyOf key_of, TextOf text_of) {
  std::vector<std::pair<SortKey, std::uint32_t>> keys;
  RowText text;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!shown(entries[i])) continue;
    if (!request.filter.empty() || request.show != nullptr) {
      text.reset();
      text_of(entries[i], text);
      if (!is_wanted(request, text)) continue;
    }
    keys.emplace_back(key_of(entries[i]), i);
  }
  of = keys.size();
  const std::size_t begin = std::min(request.first, keys.size());
  const std::size_t end = begin + std::min(request.count, keys.size() - begin);
  const auto at = [&](std::size_t n) { return keys.begin() + static_cast<std::ptrdiff_t>(n); };
  std::partial_sort(at(0), at(end), keys.end());
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = begin; i < end; ++i) numbers.push_back(keys[i].second);
  return numbers;
}

/// Appends an address and a blank, for a filter to find.
void append_address(std::string& out, const Address& address);

}  // namespace synfin
