#include "synfin/base/format.h"

#include <gtest/gtest.h>

#include <limits>

namespace synfin {
namespace {

TEST(WithSeparators, GroupsThreeDigits) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1'000), "1,000");
  EXPECT_EQ(with_separators(1'234'567), "1,234,567");
  EXPECT_EQ(with_separators(std::numeric_limits<std::uint64_t>::max()),
            "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace synfin
