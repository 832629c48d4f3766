/// \file
/// Gives up the rights of `synfin path` before it reads a capture, as a run does.
#pragma once

#include <memory>

#include "synfin/path/path_command.h"
#include "synfin/sandbox/helpers.h"

namespace synfin {

/// Returns the helper processes, which must outlive all reading and writing; null if this user
/// needs none. REQUIRES: no other thread runs.
Result<std::unique_ptr<Helpers>> confine_path_command(const PathQuery& query);

}  // namespace synfin
