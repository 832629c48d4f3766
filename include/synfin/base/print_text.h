/// \file
/// Prints a whole answer, such as a help text. Tested in tests/check/full_disk.py.
#pragma once

#include <string_view>

#include "synfin/base/result.h"

namespace synfin {

/// Writes `text` to standard output at once. Returns 0, the exit status of a command that printed
/// its answer, or an error that names standard output and the reason.
Result<int> print_text(std::string_view text);

}  // namespace synfin
