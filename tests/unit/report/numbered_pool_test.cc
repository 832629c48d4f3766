// NumberedPool: numbers that are given, released and given again.
#include "report/numbered_pool.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace synfin {
namespace {

TEST(NumberedPool, GivesNumbersFromOneAndZeroWhenAllAreTaken) {
  NumberedPool<int, std::uint16_t> pool(2);
  EXPECT_EQ(pool.allocate(), 1u);
  EXPECT_EQ(pool.allocate(), 2u);
  EXPECT_TRUE(pool.complete());
  EXPECT_EQ(pool.allocate(), 0u);
  EXPECT_FALSE(pool.complete());
}

TEST(NumberedPool, AReleasedValueIsNewWhenItIsGivenAgain) {
  NumberedPool<int, std::uint16_t> pool(1);
  pool[pool.allocate()] = 7;
  pool.release(1);
  pool.release(0);
  ASSERT_EQ(pool.allocate(), 1u);
  EXPECT_EQ(pool[1], 0);
  EXPECT_EQ(pool.allocate(), 0u);
}

TEST(NumberedPool, HasNoMoreValuesThanNumbers) {
  NumberedPool<char, std::uint8_t> pool(1000);
  for (unsigned i = 1; i < 256; ++i) ASSERT_EQ(pool.allocate(), i);
  EXPECT_EQ(pool.allocate(), 0u);
  EXPECT_EQ(pool.values().size(), 255u);
}

}  // namespace
}  // namespace synfin
