/// \file
/// Everything is open: what is left of a run needs few rights. Wires privileges.h to a run.
#pragma once

#include "app/options.h"
#include "app/outputs.h"
#include "app/privileges.h"
#include "synfin/log/packet_log.h"

namespace synfin {

/// Drops privileges by `plan`, gives the files that are written to the user who is left, and says
/// on stderr what is kept (-v) and which files cannot be opened again. `packets` may be null.
/// REQUIRES: called before any thread that needs privileges is started.
Status drop_privileges(PrivilegePlan plan, const Options& options, Outputs& outputs,
                       PacketLog* packets);

}  // namespace synfin
