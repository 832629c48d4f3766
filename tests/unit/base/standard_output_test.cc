#include "synfin/base/standard_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
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

TEST(StandardOutput, NothingElseGetsTheNumberOfAClosedDescriptor) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(descriptor);
    occupy_standard_descriptors();
    char byte = 0;
    const bool reads = read(STDIN_FILENO, &byte, 1) >= 0;
    const bool prints = write(STDOUT_FILENO, &byte, 1) >= 0;
    const bool reports = write(STDERR_FILENO, &byte, 1) == 1;
    _exit(!reads && !prints && reports && open("/dev/null", O_RDONLY) > STDERR_FILENO ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace synfin
