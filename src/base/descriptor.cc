// See descriptor.h.
#include "synfin/base/descriptor.h"

#include <sys/resource.h>

#include <algorithm>

namespace synfin {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, kMaxDescriptors);
  if (wanted <= limit.rlim_cur) return;
  limit.rlim_cur = wanted;
  (void)setrlimit(RLIMIT_NOFILE, &limit);  // without it, a run that opens too many files reports it
}

}  // namespace synfin
