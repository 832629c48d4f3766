/// \file
/// Work on bytes from outside, done in a short-lived process without rights. Tested in
/// tests/unit/sandbox/without_rights_test.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "synfin/base/result.h"
#include "synfin/base/secret_text.h"

namespace synfin {

/// Forks a process, which gives up all capabilities, becomes the user of choose_user("") if this is
/// root and may do so, and sends the result or the error of `work` to this process. Fails, naming
/// `what` is read, if the process cannot be started, ends early, or has more than `max_bytes` to
/// send. REQUIRES: no other thread runs.
Result<SecretText> run_without_rights(const std::string& what,
                                      const std::function<Result<SecretText>()>& work,
                                      std::size_t max_bytes);

}  // namespace synfin
