/// \file
/// The first steps of each forked helper process. Tested in tests/unit/sandbox/helpers_test.cc.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "synfin/sandbox/privileges.h"

namespace synfin {

constexpr int kHelperSocket = 3;  ///< the helper's end of its channel

/// Ignores the terminal's signals, closes all descriptors but `socket`, which becomes
/// kHelperSocket.
bool isolate_helper(int socket);

/// Becomes `user`, keeps these capabilities, and ends with `parent`.
bool limit_helper(const std::optional<TargetUser>& user, const std::vector<KeptCapability>& kept,
                  pid_t parent);

}  // namespace synfin
