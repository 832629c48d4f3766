// A descriptor is open while its owner lives, and no longer.
#include "synfin/base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(Descriptor, ClosesWithItsOwner) {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  {
    const Descriptor owner(fd);
    EXPECT_EQ(owner.get(), fd);
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(Descriptor, NoneClosesNothing) {
  { const Descriptor none(-1); }
  EXPECT_TRUE(is_open(STDOUT_FILENO));
}

}  // namespace
}  // namespace synfin
