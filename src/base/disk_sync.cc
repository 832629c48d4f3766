// See disk_sync.h.
#include "synfin/base/disk_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "synfin/base/descriptor.h"

namespace synfin {

int sync_to_disk(int descriptor) {
  if (fsync(descriptor) == 0) return 0;
  return errno == EINVAL || errno == EROFS || errno == ENOTSUP ? 0 : errno;
}

void DiskSync::start(int descriptor) {
  (void)wait();
  auto copy = std::make_shared<Descriptor>(fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
  const auto sync_now = [this](int file) {
    if (const int error = sync_to_disk(file); first_error_ == 0) first_error_ = error;
  };
  if (copy->get() < 0) return sync_now(descriptor);  // no descriptor is left
  try {
    running_ = std::async(std::launch::async, [copy] { return sync_to_disk(copy->get()); });
  } catch (const std::system_error&) {  // no further thread can be started
    sync_now(copy->get());
  }
}

int DiskSync::wait() {
  if (running_.valid()) {
    if (const int error = running_.get(); first_error_ == 0) first_error_ = error;
  }
  return first_error_;
}

}  // namespace synfin
