#include "synfin/base/standard_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace synfin {
namespace {

TEST(StandardOutput, LosesItsReaderIfThePipeIsClosed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const int before = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  const bool read = standard_output_has_reader();
  close(ends[0]);
  const bool left = standard_output_has_reader();
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDOUT_FILENO);
  const bool device = standard_output_has_reader();
  dup2(before, STDOUT_FILENO);
  for (const int descriptor : {before, null, ends[1]}) close(descriptor);
  EXPECT_TRUE(read);
  EXPECT_FALSE(left);
  EXPECT_TRUE(device);
}

}  // namespace
}  // namespace synfin
