// See sandbox.h.
#include "synfin/sandbox/sandbox.h"

#include <pwd.h>
#include <time.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "sandbox/landlock.h"
#include "sandbox/refused_call.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/trial.h"
#include "synfin/base/descriptor.h"
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

/// Enters the filter of the process, if a child could work inside it.
Status confine_calls(const SandboxPlan& plan) {
  const RunFilter filter = make_run_filter(plan);
  Status status = try_filters(plan, filter);
  if (!status) return status;
  report_refused_calls(plan.before_end);
  status = confine_run(filter);
  if (!status) return status;
  plan_in_force = plan;
  set_thread_role_handler(&enter_role);
  return status;
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

SandboxMode sandbox_mode_of(std::string_view name) {
  if (name == "strict") return SandboxMode::Strict;
  return name == "off" ? SandboxMode::Off : SandboxMode::Auto;
}

Result<SandboxState> enter_sandbox(SandboxPlan plan) {
  load_user_look_up();
  raise_descriptor_limit();  // many captures or logs may overlap; the filter forbids it later
  for (std::string& place : terminal_descriptions()) plan.readable.push_back(std::move(place));
  if (plan.mode == SandboxMode::Off) return SandboxState{{"no sandbox (--sandbox off)"}, {}};
#ifdef SYNFIN_INSTRUMENTED
  return SandboxState{{"no sandbox, because this build is instrumented for tests"}, {}};
#endif
  const bool strict = plan.mode == SandboxMode::Strict;
  const auto refused = [](const Error& error) {
    return Error{"--sandbox strict: " + error.message};
  };
  SandboxState state;
  const auto add_missing = [&](const Error& error) {
    state.missing += (state.missing.empty() ? "" : "; ") + error.message;
  };
  if (is_translated()) {
    const Error error{
        "no sandbox, because memory of this process is writable and executable: a tool such as "
        "valgrind runs the program and needs files and system calls of its own"};
    if (strict) return refused(error);
    return SandboxState{{}, error.message};
  }
  if (plan.looks_into_namespaces && !strict) {
    state.details.emplace_back(
        "root looks into other network namespaces, so files are not limited");
  } else {
    const auto files = confine_files(plan);
    if (!files && strict) return refused(files.error());
    if (files) state.details.push_back(*files);
    if (!files) add_missing(files.error());
  }
  const Status calls = confine_calls(plan);
  if (!calls && strict) return refused(calls.error());
  if (calls) state.details.emplace_back("seccomp limits the system calls of each thread");
  if (!calls) add_missing(calls.error());
  return state;
}

}  // namespace synfin
