/// \file
/// The reason of a failed system call.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace synfin {

/// The text of an error number: "No such file or directory".
inline std::string errno_text(int error = errno) { return std::generic_category().message(error); }

}  // namespace synfin
