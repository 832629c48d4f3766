/// \file
/// CaptureGaps: the times in which an interface was down or gone.
/// Tested in tests/unit/capture/capture_gaps_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/time.h"

namespace synfin {

/// Not thread-safe. Memory: kMaxGaps gaps; later ones are counted.
class CaptureGaps {
 public:
  static constexpr std::size_t kMaxGaps = 1000;

  void begin(const std::string& interface, Timestamp now);
  /// Ends the latest gap of the interface. Returns a sentence about it: "va is back after 3 s".
  std::string end(const std::string& interface, Timestamp now);

  /// One sentence for each gap, and one about those that are not listed.
  std::vector<std::string> sentences() const;

 private:
  struct Gap {
    std::string interface;
    Timestamp from{};
    Timestamp to = Timestamp::max();  ///< max() while the gap lasts
  };

  std::vector<Gap> gaps_;
  std::uint64_t not_listed_ = 0;
};

}  // namespace synfin
