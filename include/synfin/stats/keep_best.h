/// \file
/// keep_best(): the best of many, in a heap whose front is the least of them.
/// Tested through TopConnections and Summary.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace synfin {

/// Takes `item` into `heap` where it is among the best `most` (0 = all) so far: nothing of the heap
/// but its front is looked at where it is not. std::sort_heap() puts the best first.
template <typename Item, typename Before>
void keep_best(std::vector<Item>& heap, std::size_t most, const Item& item, Before before) {
  if (most != 0 && heap.size() == most) {
    if (!before(item, heap.front())) return;
    std::pop_heap(heap.begin(), heap.end(), before);
    heap.back() = item;
  } else {
    heap.push_back(item);
  }
  std::push_heap(heap.begin(), heap.end(), before);
}

}  // namespace synfin
