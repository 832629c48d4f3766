/// \file
/// TopConnections: the connections with the greatest value of some kind, in a heap of fixed size.
/// Which they are does not depend on the order of arrival: ties go to the earlier start, then to
/// the smaller tuple. Tested in tests/unit/report/top_connections_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "synfin/report/summary_data.h"

namespace synfin {

class TopConnections {
 public:
  /// REQUIRES: size > 0.
  explicit TopConnections(std::size_t size) : size_(size) {}

  void add(std::uint64_t value, const ConnectionRecord& record) {
    ++offered_;
    if (heap_.size() == size_ && value < heap_.front().value) return;
    offer(value, record);
  }

  /// The `top` first, greatest first; 0 = all.
  Ranked<ConnectionRow> ranked(std::size_t top) const;

 private:
  struct Item {
    std::uint64_t value = 0;
    ConnectionRow row;
  };
  static bool before(const Item& a, const Item& b);
  void offer(std::uint64_t value, const ConnectionRecord& record);

  std::size_t size_;
  std::uint64_t offered_ = 0;
  std::vector<Item> heap_;  ///< the least of them in front
};

}  // namespace synfin
