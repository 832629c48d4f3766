/// \file
/// Tests of include/synfin/base/sequence.h.
#include "synfin/base/sequence.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(Sequence, DeltaCrossesTheWrap) {
  EXPECT_EQ(seq_delta(5, 3), 2);
  EXPECT_EQ(seq_delta(3, 5), -2);
  EXPECT_EQ(seq_delta(2, 0xFFFFFFFE), 4);
  EXPECT_EQ(seq_delta(0xFFFFFFFE, 2), -4);
  EXPECT_EQ(seq_delta(0x80000000, 0), INT32_MIN);
}

TEST(Sequence, BeforeAndAfter) {
  EXPECT_TRUE(seq_before(0xFFFFFFFF, 0));
  EXPECT_TRUE(seq_after(0, 0xFFFFFFFF));
  EXPECT_FALSE(seq_before(7, 7));
  EXPECT_FALSE(seq_after(7, 7));
}

TEST(Sequence, Between) {
  EXPECT_TRUE(seq_between(5, 5, 5));
  EXPECT_TRUE(seq_between(1, 0xFFFFFFFF, 3));
  EXPECT_TRUE(seq_between(0xFFFFFFFF, 0xFFFFFFFF, 3));
  EXPECT_TRUE(seq_between(3, 0xFFFFFFFF, 3));
  EXPECT_FALSE(seq_between(4, 0xFFFFFFFF, 3));
  EXPECT_FALSE(seq_between(0xFFFFFFFE, 0xFFFFFFFF, 3));
}

}  // namespace
}  // namespace synfin
