/// \file
/// What `synfin inventory` does before it reads a state file, which other users may write.
/// Tested in tests/live/sandbox.py (rights_of_an_inventory).
#pragma once

#include <memory>
#include <string>

#include "synfin/base/result.h"
#include "synfin/sandbox/helpers.h"

namespace synfin {

/// Gives up all capabilities and enters the sandbox. root becomes the owner of the file `state`, if
/// that is another user, and keeps a helper that creates `output` ("-": standard output).
Result<std::unique_ptr<Helpers>> confine_inventory_command(const std::string& state,
                                                           const std::string& output);

}  // namespace synfin
