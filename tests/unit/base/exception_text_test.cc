// The sentence of an exception, and the first of several.
#include "synfin/base/exception_text.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace synfin {
namespace {

TEST(ExceptionText, NamesWhatHappened) {
  EXPECT_EQ(exception_text(std::make_exception_ptr(std::runtime_error("no space"))), "no space");
  EXPECT_EQ(exception_text(std::make_exception_ptr(std::bad_alloc())),
            "not enough memory for --max-connections or --max-hosts");
  EXPECT_FALSE(exception_text(std::make_exception_ptr(7)).empty());
}

TEST(FirstException, KeepsTheFirstOfSeveral) {
  FirstException first;
  EXPECT_EQ(first.get(), nullptr);
  EXPECT_NO_THROW(first.rethrow());
  first.store(std::make_exception_ptr(std::runtime_error("one")));
  first.store(std::make_exception_ptr(std::runtime_error("two")));
  EXPECT_EQ(exception_text(first.get()), "one");
  EXPECT_THROW(first.rethrow(), std::runtime_error);
}

}  // namespace
}  // namespace synfin
