/// \file
/// ConnectedTime: for how long at least one of several connections existed.
/// Tested in tests/unit/view/connected_time_test.cc.
#pragma once

#include <array>
#include <cstddef>

#include "synfin/base/time.h"

namespace synfin {

/// The total length of the union of time spans, which may overlap and come in any order.
///
/// It keeps four stretches, and closes the shortest gap between two if there is a fifth. A span
/// that begins or ends within a closed gap counts for the part of the stretch that is not gap. So
/// the result is exact for up to four stretches, and also for spans that follow one another, as in
/// a live run; otherwise it differs by at most the length of the closed gaps.
class ConnectedTime {
 public:
  /// Adds the time from `from` until `until`. If `until` is not later than `from`, does nothing.
  void add(Timestamp from, Timestamp until);

  /// The total, at most Duration::max().
  Duration total() const;

 private:
  static constexpr std::size_t kStretches = 4;

  struct Stretch {
    Timestamp from{};
    Timestamp until{};
    Duration connected{};  ///< less than until - from if a gap was closed
  };

  void close_shortest_gap();

  std::array<Stretch, kStretches + 1> stretches_{};  ///< by time; a gap lies between two of them
  std::uint8_t size_ = 0;
};

}  // namespace synfin
