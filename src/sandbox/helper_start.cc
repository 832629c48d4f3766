// See helper_start.h.
#include "sandbox/helper_start.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace synfin {
namespace {

/// Moves the channel to kHelperSocket and closes all else, so that the helper holds no output of
/// the run and no channel of another helper.
bool keep_only(int socket) {
  int null = open("/dev/null", O_RDWR);
  if (null < 0) null = memfd_create("null", 0);  // below a root folder without devices
  if (null < 0 || dup2(socket, kHelperSocket) < 0) return false;
  for (int standard = 0; standard < kHelperSocket; ++standard) {
    if (dup2(null, standard) < 0) return false;
  }
  if (syscall(SYS_close_range, kHelperSocket + 1, ~0U, 0) == 0) return true;
  const long max = sysconf(_SC_OPEN_MAX);
  for (int fd = kHelperSocket + 1; fd < (max > 0 ? max : 1024); ++fd) close(fd);
  return true;
}

/// The terminal's signals reach the whole process group. The helper ends only after the run has.
void ignore_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGTSTP})
    std::signal(signal, SIG_IGN);
}

}  // namespace

bool isolate_helper(int socket) {
  ignore_signals();
  return keep_only(socket);
}

bool limit_helper(const std::optional<TargetUser>& user, const std::vector<KeptCapability>& kept,
                  pid_t parent) {
  if (user && !become_user(*user)) return false;
  if (!keep_capabilities(kept)) return false;
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // A change of credentials clears this, so it comes after the last one.
  return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

}  // namespace synfin
