// SecretText: overwritten when it ends.
#include "synfin/base/secret_text.h"

#include <gtest/gtest.h>

#include <string>

namespace synfin {
namespace {

TEST(SecretText, HoldsItsTextUntilItIsMoved) {
  SecretText first("a password");
  const char* const where = first.view().data();
  SecretText second = std::move(first);
  EXPECT_EQ(second.view(), "a password");
  EXPECT_EQ(second.view().data(), where) << "the bytes moved and left a copy behind";
  EXPECT_TRUE(first.empty());
}

TEST(SecretText, WipingForgetsIt) {
  SecretText text("a password");
  text.wipe();
  EXPECT_TRUE(text.empty());
}

TEST(SecretText, OverwritingLeavesZeros) {
  std::string bytes = "a password";
  overwrite(bytes.data(), bytes.size());
  EXPECT_EQ(bytes, std::string(10, '\0'));
}

}  // namespace
}  // namespace synfin
