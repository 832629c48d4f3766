/// \file
/// Tests of include/synfin/base/result.h.
#include "synfin/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace synfin {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{"cannot halve " + std::to_string(n), ErrorKind::Usage};
  return n / 2;
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = half(8);
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(*good, 4);
  EXPECT_EQ(good.value(), 4);

  const Result<int> bad = half(7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "cannot halve 7");
  EXPECT_EQ(bad.error().kind, ErrorKind::Usage);
}

TEST(Result, CarriesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> r = std::make_unique<int>(3);
  ASSERT_TRUE(r);
  const std::unique_ptr<int> taken = std::move(*r);
  EXPECT_EQ(*taken, 3);
}

TEST(Result, AnErrorCanBeTheValueOfNone) {
  const Status ok = Ok{};
  const Status failed = Error{"no such file"};
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::Work);
}

}  // namespace
}  // namespace synfin
