/// \file
/// select_rows(): filters and sorts the entries of a table, and selects those of a page.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/time.h"
#include "synfin/view/view.h"
#include "view/row_text.h"

namespace synfin {

/// Compared lexicographically; the smallest key comes first.
using SortKey = std::array<std::uint64_t, 3>;

constexpr SortKey ascending(const Address& a, std::uint64_t more = 0) {
  return {a.high(), a.low(), more};
}
constexpr std::uint64_t ascending(Timestamp t) {
  return static_cast<std::uint64_t>(to_ns(t)) ^ (std::uint64_t{1} << 63);
}
constexpr std::uint64_t descending(std::uint64_t n) { return ~n; }
constexpr std::uint64_t descending(Timestamp t) { return ~ascending(t); }

/// Converts ASCII letters of `text` to lower case and returns whether it contains `wanted`.
bool holds_text(std::string& text, std::string_view wanted);

/// Returns the indices of the entries that `request` selects, sorted, and sets `of` to the number
/// of matching entries. `shown(entry)` returns whether the entry is a row. `key_of(entry)` returns
/// its SortKey, or a longer array of the kind; equal keys keep the order of entries.
/// `text_of(entry, out)` appends the text that the filter searches, and fills in out.about if `out`
/// is a RowText&.
template <typename Entry, typename Shown, typename KeyOf, typename TextOf>
std::vector<std::uint32_t> select_rows(std::span<const Entry> entries, const ViewRequest& request,
                                       std::size_t& of, Shown shown, KeyOf key_of, TextOf text_of) {
  using EntryKey = std::invoke_result_t<KeyOf, const Entry&>;
  std::vector<std::pair<EntryKey, std::uint32_t>> keys;
  RowText text;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!shown(entries[i])) continue;
    if (!request.filter.empty() || request.show != nullptr) {
      text.reset();
      text_of(entries[i], text);
      if (!is_wanted(request, text)) continue;
    }
    EntryKey key = key_of(entries[i]);
    for (std::uint64_t& part : key) part = request.reversed ? ~part : part;
    keys.emplace_back(key, i);
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

/// Appends an address and a blank to the text that a filter searches.
void append_address(std::string& out, const Address& address);

}  // namespace synfin
