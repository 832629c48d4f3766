/// \file
/// test_pairs(): which pairs that both sides have fail, work, answer more slowly or fail for
/// another cause than before. Tested in tests/unit/report/diff_test.cc.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/diff.h"

namespace synfin {

struct PairInputs {
  const PairFigures* before;
  const PairFigures* after;
  bool is_block = false;  ///< of several originators, whose handshake times differ
};

struct PairVerdict {
  std::vector<std::pair<DiffChange, std::string>> changes;  ///< with the evidence in words
};

/// Tests all pairs together, because the number of tests decides how strong a proof must be. The
/// result has a verdict for each input.
std::vector<PairVerdict> test_pairs(const std::vector<PairInputs>& pairs);

/// More or less volume of one service than the time spans explain.
std::optional<std::pair<DiffChange, std::string>> test_volume(const PairFigures& before,
                                                              const PairFigures& after,
                                                              double seconds_before,
                                                              double seconds_after);

/// The most frequent cause of the failures; empty without failures.
std::string main_cause(const PairFigures& pair);

}  // namespace synfin
