// See sandbox.h.
#include "synfin/sandbox/sandbox.h"

#include <pwd.h>
#include <time.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "sandbox/landlock.h"
#include "sandbox/seccomp_filter.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

SandboxPlan plan_in_force;

/// A thread that cannot be limited further keeps the limits of the process.
void enter_role(ThreadRole role) {
  const Status confined = confine_thread(role, plan_in_force);
  if (confined) return;
  static std::once_flag once;
  std::call_once(once, [&] { log(LogLevel::Warning, confined.error().message); });
}

/// Where ncurses searches for a user's own descriptions of terminals.
std::vector<std::string> terminal_descriptions() {
  std::vector<std::string> places;
  // NOLINTBEGIN(concurrency-mt-unsafe): no thread changes the environment
  if (const char* const named = std::getenv("TERMINFO")) places.emplace_back(named);
  if (const char* const home = std::getenv("HOME"))
    places.push_back(home + std::string("/.terminfo"));
  // NOLINTEND(concurrency-mt-unsafe)
  return places;
}

}  // namespace

void load_user_look_up() {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  constexpr auto kNobodyHasIt = static_cast<uid_t>(-2);  // so that every source is asked
  (void)getpwuid_r(kNobodyHasIt, &entry, buffer.data(), buffer.size(), &found);
  tzset();
}

Result<std::vector<std::string>> enter_sandbox(SandboxPlan plan) {
  load_user_look_up();
  for (std::string& place : terminal_descriptions()) plan.readable.push_back(std::move(place));
  std::vector<std::string> sentences;
  if (plan.mode == SandboxMode::Off) return std::vector<std::string>{"no sandbox (--sandbox off)"};
#ifdef SYNFIN_INSTRUMENTED
  return std::vector<std::string>{"no sandbox, because this build is instrumented for tests"};
#endif
  const bool strict = plan.mode == SandboxMode::Strict;
  const auto refused = [](const Error& error) {
    return Error{"--sandbox strict: " + error.message};
  };
  if (plan.looks_into_namespaces && !strict) {
    sentences.emplace_back("root looks into other network namespaces, so files are not limited");
  } else {
    const auto files = confine_files(plan);
    if (!files && strict) return refused(files.error());
    sentences.push_back(files ? *files : files.error().message);
  }
  const Status calls = confine_run(plan);
  if (!calls && strict) return refused(calls.error());
  sentences.push_back(calls ? "seccomp limits the system calls of each thread"
                            : calls.error().message);
  if (!calls) return sentences;
  plan_in_force = plan;
  set_thread_role_handler(&enter_role);
  return sentences;
}

}  // namespace synfin
