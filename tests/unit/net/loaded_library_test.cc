#include "synfin/net/loaded_library.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(LoadedLibrary, FindsFunctions) {
  LoadedLibrary library("libc.so.6", "there is no C library");
  int (*absolute)(int) = nullptr;
  library.find(absolute, "abs");
  ASSERT_NE(absolute, nullptr);
  EXPECT_EQ(absolute(-3), 3);
  EXPECT_EQ(library.failure(), "");
}

TEST(LoadedLibrary, ReportsWhatIsMissing) {
  int (*function)(int) = nullptr;
  LoadedLibrary library("libc.so.6", "there is no C library");
  library.find(function, "no_such_function");
  EXPECT_EQ(library.failure(), "libc.so.6 has no function no_such_function");
  LoadedLibrary missing("libno-such.so.1", "please install no-such");
  missing.find(function, "abs");
  EXPECT_EQ(function, nullptr);
  EXPECT_EQ(missing.failure(), "please install no-such");
}

}  // namespace
}  // namespace synfin
