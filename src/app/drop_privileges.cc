// See drop_privileges.h.
#include "app/drop_privileges.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "synfin/base/diagnostics.h"

namespace synfin {
namespace {

/// What SIGHUP or a rotation opens again.
std::vector<std::string> files_to_reopen(const Options& options) {
  std::vector<std::string> files;
  for (const std::string& file : {options.log, options.events, options.live.write}) {
    if (!file.empty() && file != "-") files.push_back(file);
  }
  return files;
}

/// A person's or our own account owns what is written; nobody only what has to be written over.
Status give_files(const Options& options, Outputs& outputs, PacketLog* packets) {
  const auto user = choose_user(options.live.user);
  if (!user) return user.error();
  const bool owns = user->owns_files || options.live.rotation.any();
  if (!owns || user->uid == 0) return Ok{};
  outputs.give_to(user->uid, user->gid);
  if (packets != nullptr) packets->give_to(user->uid, user->gid);
  return Ok{};
}

void warn_of_closed_folders(const Options& options) {
  if (!options.live.rotation.any() && !options.read.empty()) return;  // nobody sends SIGHUP there
  for (const std::string& file : files_to_reopen(options)) {
    if (!may_create_beside(file)) {
      log(LogLevel::Warning,
          fmt::format("{} cannot be rotated or opened again: this user may not write to its folder",
                      file));
    }
  }
}

}  // namespace

Status drop_privileges(PrivilegePlan plan, const Options& options, Outputs& outputs,
                       PacketLog* packets) {
  plan.user = options.live.user;
  if (running_as_root()) {
    if (Status given = give_files(options, outputs, packets); !given) return given;
  }
  const auto words = apply_privilege_plan(plan);
  if (!words) return words.error();
  for (const std::string& word : *words) log(LogLevel::Detail, word);
  warn_of_closed_folders(options);
  return Ok{};
}

}  // namespace synfin
