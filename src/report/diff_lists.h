/// \file
/// find_listed_changes(): what the lists of services and hosts prove, if a list of pairs is cut
/// off.
///
///     lists of both sides → absences → new and gone services and hosts
///                         → test_pairs() → services that fail, work or answer more slowly
///
/// Tested in tests/unit/report/diff_lists_test.cc and tests/golden/diff.py.
#pragma once

#include <cstdint>

#include "report/diff.h"
#include "report/diff_side.h"
#include "report/ignore_list.h"

namespace synfin {

/// The lists of a report, completed by its pairs; or those that the pairs of a capture or log give.
DiffLists lists_of(const DiffSide& side);

/// Services and hosts that only one side has, although chance or a list that is cut off may explain
/// it.
struct UndecidedRows {
  std::uint64_t services = 0, hosts = 0;
};

/// Appends rows of services and hosts, except for those that `diff` has already. `share_before` is
/// the part of the time that the first side covers, between 0 and 1.
UndecidedRows find_listed_changes(const DiffLists& before, const DiffLists& after,
                                  double share_before, const IgnoreList& ignore, Diff& diff);

}  // namespace synfin
