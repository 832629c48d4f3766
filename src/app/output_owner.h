/// \file
/// The user who owns the output files after root privileges are dropped.
#pragma once

#include <optional>

#include "app/options.h"
#include "app/privileges.h"
#include "synfin/base/output_folder.h"

namespace synfin {

/// Returns the user that root will become, nothing if it stays root. A person's own account or the
/// program's owns the output files; "nobody" owns them only if files are rotated. REQUIRES: running
/// as root.
Result<std::optional<LaterUser>> later_user(const Options& options);

/// Fails with the remedy if the user that root becomes could not create the next files of -C or -G.
/// REQUIRES: running as root.
Status check_rotation(const Options& options);

/// Logs a warning for each file that this user cannot create again for SIGHUP or rotation.
/// REQUIRES: privileges are dropped.
void warn_if_not_reopenable(const Options& options);

}  // namespace synfin
