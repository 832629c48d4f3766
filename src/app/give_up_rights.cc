// See give_up_rights.h.
#include "synfin/app/give_up_rights.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "synfin/app/run_words.h"

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
      say(WordLevel::Warning,
          fmt::format("{} cannot be rotated or opened again: this user may not write to its folder",
                      file));
    }
  }
}

}  // namespace

Status give_up_rights(PrivilegePlan plan, const Options& options, Outputs& outputs,
                      PacketLog* packets) {
  plan.user = options.live.user;
  if (running_as_root()) {
    if (Status given = give_files(options, outputs, packets); !given) return given;
  }
  const auto words = drop_privileges(plan);
  if (!words) return words.error();
  for (const std::string& word : *words) say(WordLevel::Detail, word);
  warn_of_closed_folders(options);
  return Ok{};
}

}  // namespace synfin
