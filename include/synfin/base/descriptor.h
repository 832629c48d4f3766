/// \file
/// Descriptor: a file descriptor that closes itself; and how many this process may have. Tested in
/// tests/unit/base/descriptor_test.cc.
#pragma once

#include <unistd.h>

namespace synfin {

/// Owns `fd` and closes it at the end. A negative number means "none".
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

/// Raises the soft limit of this process's descriptors to the hard one, but at most to
/// kMaxDescriptors, because each open input has buffers. Never lowers it.
void raise_descriptor_limit();
constexpr unsigned kMaxDescriptors = 16'384;

}  // namespace synfin
