// See standard_output.h.
#include "synfin/base/standard_output.h"

#include <poll.h>
#include <unistd.h>

namespace synfin {

bool standard_output_has_reader() {
  pollfd output{STDOUT_FILENO, 0, 0};  // errors are reported unasked: poll(2)
  return poll(&output, 1, 0) <= 0 || (output.revents & POLLERR) == 0;
}

}  // namespace synfin
