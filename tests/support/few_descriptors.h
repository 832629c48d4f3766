/// \file
/// FewDescriptors: this process may open only a few further files while it exists.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace synfin::test {

class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned count) {
    const int free = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(free);
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{static_cast<rlim_t>(free) + count, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace synfin::test
