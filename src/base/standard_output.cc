// See standard_output.h.
#include "synfin/base/standard_output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <initializer_list>

namespace synfin {

bool standard_output_has_reader() {
  pollfd output{STDOUT_FILENO, 0, 0};  // errors are reported unasked: poll(2)
  return poll(&output, 1, 0) <= 0 || (output.revents & POLLERR) == 0;
}

void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    const int flags = descriptor == STDOUT_FILENO ? O_RDONLY : O_WRONLY;
    const int opened = open("/dev/null", flags);  // the lowest free number, which is `descriptor`
    if (opened >= 0 && opened != descriptor) close(opened);
  }
}

}  // namespace synfin
