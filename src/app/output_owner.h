/// \file
/// The user who owns the output files after root privileges are dropped.
#pragma once

#include <optional>

#include "app/options.h"
#include "app/privileges.h"

namespace synfin {

/// Returns the user who will own the output files, nothing if they stay root's. A person's own
/// account or the program's owns them; "nobody" owns them only if files are rotated. REQUIRES:
/// running as root.
Result<std::optional<TargetUser>> output_owner(const Options& options);

/// Fails with the remedy if the user that root becomes could not create the next files of -C or -G.
/// REQUIRES: running as root.
Status check_rotation(const Options& options);

/// Logs a warning for each file that this user cannot create again for SIGHUP or rotation.
/// REQUIRES: privileges are dropped.
void warn_if_not_reopenable(const Options& options);

}  // namespace synfin
