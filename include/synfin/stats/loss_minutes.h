/// \file
/// LossMinutes: the minutes in which a live run dropped events because its outputs could not
/// follow. Tested in tests/unit/stats/loss_minutes_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/time.h"

namespace synfin {

/// Consecutive minutes are one span. At most kMaxSpans spans are kept; later losses extend the last
/// one. Not thread-safe.
class LossMinutes {
 public:
  static constexpr std::size_t kMaxSpans = 64;

  LossMinutes() { spans_.reserve(kMaxSpans); }

  /// Notes that `events` events of about `time` are lost. Never allocates.
  void add(Timestamp time, std::uint64_t events);

  /// One sentence for each span.
  std::vector<std::string> sentences() const;

 private:
  struct Span {
    std::int64_t first;  ///< minutes since the epoch
    std::int64_t last;
    std::uint64_t events;
  };

  std::vector<Span> spans_;
};

}  // namespace synfin
