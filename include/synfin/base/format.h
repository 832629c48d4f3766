/// \file
/// Numbers as text for people. Tested in tests/unit/base/format_test.cc.
#pragma once

#include <cstdint>
#include <string>

namespace synfin {

/// 1234567 → "1,234,567".
std::string with_separators(std::uint64_t n);

}  // namespace synfin
