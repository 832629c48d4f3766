/// \file
/// LossMinutes: the minutes in which a live run lost events or packets. Tested in
/// tests/unit/stats/loss_minutes_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/time.h"

namespace synfin {

/// Consecutive minutes are one span. At most kMaxSpans spans are kept; later losses extend the last
/// one. Not thread-safe.
class LossMinutes {
 public:
  static constexpr std::size_t kMaxSpans = 64;

  LossMinutes() { spans_.reserve(kMaxSpans); }

  /// Notes that `lost` events or packets of about `time` are lost. Never allocates.
  void add(Timestamp time, std::uint64_t lost);

  /// One sentence for each span: "<what> are incomplete from … to …: 12 <lost>".
  std::vector<std::string> sentences(std::string_view what, std::string_view lost) const;

 private:
  struct Span {
    std::int64_t first;  ///< minutes since the epoch
    std::int64_t last;
    std::uint64_t lost;
  };

  std::vector<Span> spans_;
};

}  // namespace synfin
