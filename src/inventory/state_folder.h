/// \file
/// The folder of a state file, and why its user may not write there.
/// Tested in tests/unit/inventory/database_test.cc and tests/live/.
#pragma once

#include <string>

namespace synfin {

/// Why a file cannot be written by this user: the text of the error, and what to do about it.
/// prepare_state_folder() has been called before rights were given up.
std::string denied(int error);

}  // namespace synfin
