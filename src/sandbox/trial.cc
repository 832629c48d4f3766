// See trial.h.
#include "sandbox/trial.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "sandbox/refused_call.h"

namespace synfin {
namespace {

constexpr int kWorks = 0, kNoSeccomp = 1, kFailed = 2;
constexpr unsigned kMaxSeconds = 30;

/// Memory from the kernel, a file, an exception, a wait: what every run needs from its C and C++
/// libraries.
void work() {
  const std::vector<char> memory(192 << 10, 'x');
  std::string line;
  std::getline(std::ifstream("/proc/self/status"), line);
  try {
    throw std::runtime_error(line + memory.front());
  } catch (const std::runtime_error&) {
    std::this_thread::sleep_for(std::chrono::microseconds{1});
  }
}

/// The body of the child. Returns its exit code.
int run_child(const SandboxPlan& plan, const RunFilter& filter, const SharedNumber& refused) {
  alarm(kMaxSeconds);
  store_refused_calls(refused);
  if (!confine_run(filter)) return kNoSeccomp;
  const auto body = [&] {
    if (plan.mode == SandboxMode::Strict) (void)confine_thread(ThreadRole::Packets, plan);
    work();
  };
  try {
    std::thread(body).join();
  } catch (const std::system_error& error) {
    // At the limit of threads (ulimit -u), the trial says nothing about the filters.
    if (error.code() != std::errc::resource_unavailable_try_again) throw;
  }
  return kWorks;
}

}  // namespace

bool is_translated() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t rights = line.find(' ');  // "addresses rwxp offset …"
    if (rights != line.npos && line.compare(rights + 1, 3, "rwx") == 0) return true;
  }
  return false;
}

Status try_filters(const SandboxPlan& plan, const RunFilter& filter) {
  const SharedNumber refused;
  std::signal(SIGSYS, SIG_IGN);  // until the child has its handler; a filter's signal ignores this
  const pid_t child = fork();
  if (child < 0) return Ok{};  // no process for a trial, which says nothing about the filters
  if (child == 0) {
    int code = kFailed;
    try {
      code = run_child(plan, filter, refused);
    } catch (...) {
      code = kFailed;
    }
    _exit(code);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kWorks) return Ok{};
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSeccomp) return seccomp_is_unavailable();
  const int number = refused.load();
  // Whoever may send signals to the trial must not switch off the filters. A filter that kills at
  // once has no handler, and stores nothing.
  const bool by_filter = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && number == -1;
  const bool by_fault =
      number >= 0 || number == kOwnFault || (WIFEXITED(status) && WEXITSTATUS(status) == kFailed);
  if (!by_filter && !by_fault) return Ok{};
  return Error{fmt::format("this C library or kernel needs {}, so system calls are not limited",
                           number >= 0 ? system_call_text(number)
                                       : std::string("system calls that synfin does not know"))};
}

}  // namespace synfin
