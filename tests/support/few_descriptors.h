/// \file
/// FewDescriptors: this process may open only a few further files while it exists.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>

namespace synfin::test {

class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    int end = 0;  // below it, `count` numbers are free
    for (; count > 0; ++end) count -= fcntl(end, F_GETFD) < 0 ? 1 : 0;
    const rlimit few{static_cast<rlim_t>(end), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace synfin::test
