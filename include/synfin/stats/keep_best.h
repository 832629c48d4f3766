/// \file
/// keep_best(): keeps the best of many items in a heap whose front is the worst of them.
/// Tested through TopConnections and Summary.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace synfin {

/// Adds `item` to `heap` if it is among the best `limit` (0 = unlimited) so far. Otherwise it reads
/// only the front of the heap. std::sort_heap() puts the best first.
template <typename Item, typename Before>
void keep_best(std::vector<Item>& heap, std::size_t limit, const Item& item, Before before) {
  if (limit != 0 && heap.size() == limit) {
    if (!before(item, heap.front())) return;
    std::pop_heap(heap.begin(), heap.end(), before);
    heap.back() = item;
  } else {
    heap.push_back(item);
  }
  std::push_heap(heap.begin(), heap.end(), before);
}

}  // namespace synfin
