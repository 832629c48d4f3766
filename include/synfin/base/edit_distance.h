/// \file
/// edit_distance(): how much two words differ, to suggest the one that a person may have meant.
/// Tested in tests/unit/base/edit_distance_test.cc.
#pragma once

#include <cstddef>
#include <string_view>

namespace synfin {

/// The number of letters to insert, delete, replace or exchange with their neighbour that turns `a`
/// into `b` (optimal string alignment). Takes time and memory in proportion to a.size() × b.size()
/// and b.size().
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace synfin
