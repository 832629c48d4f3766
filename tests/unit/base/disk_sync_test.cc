#include "synfin/base/disk_sync.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

TEST(DiskSync, AFileIsSyncedAfterItsWriterHasClosedIt) {
  DiskSync disk;
  for (int i = 0; i < 3; ++i) {
    const Descriptor file(memfd_create("x", MFD_CLOEXEC));
    ASSERT_EQ(write(file.get(), "x", 1), 1);
    disk.start(file.get());
  }
  EXPECT_EQ(disk.wait(), 0);
  EXPECT_EQ(disk.wait(), 0);
}

TEST(DiskSync, APipeCannotBeSyncedAndIsNoError) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor in(ends[0]);
  const Descriptor out(ends[1]);
  EXPECT_EQ(sync_to_disk(out.get()), 0);
}

TEST(DiskSync, AnErrorIsReturned) { EXPECT_EQ(sync_to_disk(-1), EBADF); }

}  // namespace
}  // namespace synfin
