/// \file
/// DiskSync: writes closed files to the disk without making their writer wait.
/// Tested in tests/unit/base/disk_sync_test.cc.
#pragma once

#include <future>

namespace synfin {

/// Waits until the file's content is on the disk. Returns 0 or an error number; a file system that
/// cannot do that is no error.
int sync_to_disk(int descriptor);

/// One file at a time, on a thread of its own, because the packet thread must not wait for a disk.
/// Not thread-safe.
class DiskSync {
 public:
  /// Begins with a copy of `descriptor`, which may be closed then. Waits for the file before it.
  void start(int descriptor);
  /// Waits for the last file. Returns the first error number so far, or 0.
  int wait();

 private:
  std::future<int> running_;
  int first_error_ = 0;
};

}  // namespace synfin
