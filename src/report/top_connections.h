/// \file
/// TopConnections: the connections with the largest value of some kind, in a heap of fixed size.
/// The result does not depend on the order of arrival: among equal values, the earlier start and
/// then the smaller tuple wins. Tested in tests/unit/report/top_connections_test.cc.
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

  /// The first `top` (0 = all), sorted by descending value.
  Ranked<ConnectionRow> ranked(std::size_t top) const;

 private:
  struct ValuedRow {
    std::uint64_t value = 0;
    ConnectionRow row;
  };
  static bool before(const ValuedRow& a, const ValuedRow& b);
  void offer(std::uint64_t value, const ConnectionRecord& record);

  std::size_t size_;
  std::uint64_t offered_ = 0;
  std::vector<ValuedRow> heap_;  ///< the smallest is in front
};

}  // namespace synfin
