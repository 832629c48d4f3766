// See output_owner.h.
#include "app/output_owner.h"

#include <fmt/format.h>

#include "synfin/base/diagnostics.h"

namespace synfin {

Result<std::optional<TargetUser>> output_owner(const Options& options) {
  const auto user = choose_user(options.live.user);
  if (!user) return user.error();
  const bool owns = user->owns_files || options.live.rotation.any();
  if (!owns || user->uid == 0) return std::optional<TargetUser>();
  return std::optional<TargetUser>(*user);
}

void warn_if_not_reopenable(const Options& options) {
  if (!options.live.rotation.any() && !options.read.empty()) return;
  for (const std::string& file : {options.log, options.events, options.live.write}) {
    if (file.empty() || file == "-" || can_create_beside(file)) continue;
    log(LogLevel::Warning,
        fmt::format("{} cannot be rotated or opened again: this user may not write to its folder",
                    file));
  }
}

}  // namespace synfin
