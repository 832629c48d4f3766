// See output_owner.h.
#include "app/output_owner.h"

#include <fmt/format.h>

#include "synfin/base/diagnostics.h"

namespace synfin {

Result<std::optional<LaterUser>> later_user(const Options& options) {
  const auto user = choose_user(options.live.user);
  if (!user) return user.error();
  if (user->uid == 0) return std::optional<LaterUser>();
  const bool owns = user->owns_files || options.live.rotation.any();
  return std::optional(LaterUser{user->uid, user->gid, owns});
}

Status check_rotation(const Options& options) {
  if (!options.live.rotation.any()) return Ok{};
  const auto user = choose_user(options.live.user);
  if (!user) return user.error();
  if (user->uid == 0) return Ok{};
  for (const std::string& file : {options.log, options.live.write}) {
    if (file.empty() || file == "-" || can_create_files_as(*user, file)) continue;
    return Error{fmt::format(
        "{} cannot be rotated: synfin runs as user {}, who may not create files in its folder; "
        "change the folder's owner, or name the user with -Z (-Z root keeps root)",
        file, user->name)};
  }
  return Ok{};
}

void warn_if_not_reopenable(const Options& options) {
  if (!options.live.rotation.any() && !options.read.empty()) return;
  for (const std::string& file : {options.log, options.events, options.live.write}) {
    if (file.empty() || file == "-" || can_create_beside(file)) continue;
    log(LogLevel::Warning,
        fmt::format("{} cannot be opened again on SIGHUP: this user may not create files in its "
                    "folder; change its owner, or name a user with -Z",
                    file));
  }
}

}  // namespace synfin
