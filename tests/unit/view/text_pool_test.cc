// TextPool: each text once, and its bound.
#include "synfin/view/text_pool.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(TextPool, StoresEachTextOnceAndCountsWhatDoesNotFit) {
  TextPool pool(2);
  const std::uint32_t nginx = pool.number_of("nginx");
  const std::uint32_t sshd = pool.number_of("sshd");
  EXPECT_EQ(pool.number_of(""), 0u);
  EXPECT_EQ(pool.missing(), 0u);
  EXPECT_EQ(pool.number_of("curl"), 0u);
  EXPECT_EQ(pool.number_of("wget"), 0u);
  EXPECT_EQ(pool.missing(), 2u);
  EXPECT_EQ(pool.number_of("nginx"), nginx);
  EXPECT_EQ(pool.text(sshd), "sshd");
  EXPECT_EQ(pool.text(0), "");
}

}  // namespace
}  // namespace synfin
